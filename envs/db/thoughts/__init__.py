"""How the expert thinks: for each kind of step a few sentences, to be filled with the names of the task at hand."""

from envs.db.thoughts.changing import CHANGING
from envs.db.thoughts.joining import JOINING
from envs.db.thoughts.novel import NOVEL
from envs.db.thoughts.reading import READING

__all__ = ["ANSWER_ONE", "ANSWER_SEVERAL", "DONE", "LOOK", "THOUGHTS"]

LOOK = (
    "I look at the tables to see where the {many} are.",
    "First I need to know which table holds the {many}.",
    "I start with the tables and their columns, to find the {many}.",
    "Let me see the tables before I ask about the {many}.",
    "Which table and columns are about {many}? I list the tables.",
)
ANSWER_ONE = (
    "The result is {value}, so that is the answer.",
    "The query gives {value}; I answer with it.",
    "{value} is what was asked for.",
    "I have the value {value} and can answer.",
)
ANSWER_SEVERAL = (
    "The query gives {count} rows; I answer with all of them.",
    "These {count} rows are the answer.",
    "There are {count} results and I give each of them.",
    "I copy the {count} rows into the answer.",
)
DONE = (
    "The change is made, so I finish with an empty list.",
    "The database is as it should be; I answer with an empty list.",
    "That was the change that was asked for, I am done.",
    "Nothing is left to change, so I end with an empty list.",
)

THOUGHTS: dict[str, tuple[str, ...]] = READING | JOINING | CHANGING | NOVEL
