"""What the agent is shown of a command: its output, then a line in brackets where there is more to say."""

from envs.sandbox import Outcome

__all__ = ["describe"]


def describe(outcome: Outcome, seconds: float) -> str:
    """An outcome as text. `seconds` is the limit that a timed-out command ran into."""
    notes = []
    if outcome.dropped:
        notes.append(f"{outcome.dropped} bytes of output dropped")
    if outcome.stop == "timeout":
        notes.append(f"killed after {seconds:g} s")
    elif outcome.code:
        notes.append(f"exit status {outcome.code}")
    if outcome.fresh:
        notes.append("the shell ended, this is a new one; files are kept")
    output = outcome.output.rstrip("\n")
    if notes:
        return f"{output}\n[{'; '.join(notes)}]".lstrip("\n")
    return output or "(no output)"
