"""What the world says, word for word as ALFWorld 0.4.2 does."""

from collections.abc import Iterable

__all__ = ["HELP", "INTRO", "NOTHING_HAPPENS", "listed"]

INTRO = "You are in the middle of a room. Looking quickly around you, you see {}."
NOTHING_HAPPENS = "Nothing happens."
HELP = """\
Available commands:
  look:                             look around your current location
  inventory:                        check your current inventory
  go to (receptacle):               move to a receptacle
  open (receptacle):                open a receptacle
  close (receptacle):               close a receptacle
  take (object) from (receptacle):  take an object from a receptacle
  move (object) to (receptacle):  place an object in or on a receptacle
  examine (something):              examine a receptacle or an object
  use (object):                     use an object
  heat (object) with (receptacle):  heat an object using a receptacle
  clean (object) with (receptacle): clean an object using a receptacle
  cool (object) with (receptacle):  cool an object using a receptacle
  slice (object) with (object):     slice an object using a sharp object
"""


def listed(names: Iterable[str], article: str = "a ") -> str:
    """`a mug 1, a pen 2, and a cup 1`, or `nothing`."""
    *most, last = [article + name for name in names] or ["nothing"]
    return f"{', '.join(most)}, and {last}" if most else last
