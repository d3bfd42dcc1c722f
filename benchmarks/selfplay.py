"""A self-play experiment that is killed once in every kind of stage: `python benchmarks/selfplay.py CONFIG.toml`.

The command is `python -m training.selfplay CONFIG.toml`. It is sent SIGKILL in the middle of the first explore stage,
the first train stage and so on, and started again each time, until it ends by itself.
"""

import os
import re
import subprocess
import sys
import threading

HEADING = re.compile(r"([\w-]+/(\w+)) ─+")
SECONDS = {
    "train": 60.0,
    "explore": 30.0,
    "dev": 15.0,
    "retry": 10.0,
    "novel": 10.0,
    "general": 10.0,
    "preflight": 10.0,
}
"""How far into a stage it is killed; the others are short, and killed as soon as they begin."""


def main(config: str) -> int:
    killed: dict[str, str] = {}
    while True:
        status = run(config, killed)
        if status != -9:
            print(f"killed in {', '.join(killed.values())}; ended with status {status}")
            return status


def run(config: str, killed: dict[str, str]) -> int:
    """Run until it ends or is killed, in a stage of a kind that `killed` has not; it is then added."""
    process = subprocess.Popen(
        [sys.executable, "-m", "training.selfplay", config],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    stage = ""

    def kill(kind: str, name: str) -> None:
        if stage == name and process.poll() is None:
            killed[kind] = name
            process.kill()

    for line in process.stdout:
        print(line, end="", flush=True)
        if found := HEADING.match(line):
            stage, kind = found.groups()
            if kind not in killed:
                timer = threading.Timer(SECONDS.get(kind, 0.0), kill, (kind, stage))
                timer.daemon = True
                timer.start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
