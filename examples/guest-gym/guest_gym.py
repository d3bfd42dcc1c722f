"""A world in about 25 lines: somewhere in a corridor of doors hangs a note with the code of a vault."""

from pathlib import Path

from envs import AgentEnv, Generated, Task, ToolCall, ToolError, tool


def vault(split: str, index: int, code: str | None = None) -> Task:
    data = {"door": 1 + index % 5, "code": code or f"{split}-{7919 * (index + 1) % 100_000:05d}"}
    ask = f"Corridor {index}, {split} wing: one of the doors 1 to 5 hides a note. What is the code on it?"
    return Task("Guest/Vault-v0", ask, data, split, difficulty=1, template="find-the-note")


def load(path: str) -> list[Task]:
    """`--tasks guest-codes:FILE`, one secret code a line."""
    return [vault("train", i, code) for i, code in enumerate(Path(path).read_text().split())]


class VaultEnv(AgentEnv):
    """A corridor of five doors, one of which hides a code."""

    id = "Guest/Vault-v0"
    instructions = "You are in a corridor with five doors. Find the note and give the code on it."

    @classmethod
    def tasks(cls, split):
        return Generated(vault, split)

    def setup(self, task):
        self.answer = None

    @tool
    def open(self, door: int) -> str:
        """Open a door and look behind it."""
        if not 1 <= door <= 5:
            raise ToolError(f"There is no door {door}, the doors are 1 to 5.")
        return f"A note: {self.task.data['code']}" if door == self.task.data["door"] else "An empty room."

    @tool(final=True)
    def enter(self, code: str) -> str:
        """Enter the code and leave."""
        self.answer = code
        return "The vault clicks."

    def score(self):
        return float(self.answer == self.task.data["code"])

    def solve(self):
        for door in range(1, 6):
            seen = yield f"I have not looked behind door {door} yet.", ToolCall("open", {"door": door})
            if seen.startswith("A note: "):
                yield "That is the code on the note.", ToolCall("enter", {"code": seen.removeprefix("A note: ")})
