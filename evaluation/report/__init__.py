"""One self-contained page about one or more runs: `python -m evaluation.report RUN... --html FILE`."""
