"""How the expert thinks: for each kind of step a few sentences, to be filled with the names of the task at hand."""

from envs.shell.thoughts.asking import ASKING
from envs.shell.thoughts.changing import CHANGING
from envs.shell.thoughts.checking import CHECKING
from envs.shell.thoughts.looking import LOOKING
from envs.shell.thoughts.novel import NOVEL

__all__ = ["ANSWER_ONE", "ANSWER_SEVERAL", "DONE", "THOUGHTS"]

ANSWER_ONE = (
    "The answer is {value}.",
    "That gives {value}, which is what was asked for.",
    "I have what I need: {value}.",
    "So it is {value}; I answer with that.",
    "The result is clear: {value}.",
    "The output says {value}, and that is the answer.",
    "I can answer now: {value}.",
)
ANSWER_SEVERAL = (
    "These {count} lines are the answer.",
    "There are {count} of them and I give each on a line of its own.",
    "The list has {count} entries; I answer with it.",
    "I copy the {count} lines into my answer.",
)
DONE = (
    "It is as it should be, so I am done.",
    "That was all that was asked for.",
    "The change is made and checked; I finish here.",
    "Everything is in place, I can stop.",
    "Nothing else was asked for, so I end the task.",
    "This is what was wanted, and nothing else has changed.",
    "The result looks right. Done.",
)

THOUGHTS: dict[str, tuple[str, ...]] = LOOKING | ASKING | CHANGING | CHECKING | NOVEL
