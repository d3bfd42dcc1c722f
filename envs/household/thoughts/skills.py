"""What the expert thinks while it walks, searches, takes and puts.

The sentences are short: names cost tokens, and the action says them anyway.
"""

__all__ = ["SKILLS"]

SKILLS: dict[str, tuple[str, ...]] = {
    "search-first": (
        "{a_kind} is most likely {likely}.",
        "Where could {a_kind} be? Probably {likely}.",
        "I look for {a_kind} {likely}.",
        "People keep {kinds} {likely}.",
        "I expect {a_kind} {likely}.",
    ),
    "search-next": (
        "No {kind} here. I go on.",
        "I see no {kind}, so I try {place}.",
        "There is no {kind} here. {place} is my next guess.",
        "No {kind} {at_here}.",
        "Not here. Maybe {at_place}.",
    ),
    "search-summary": (
        "I have looked at {seen} and found no {kind}. Now {place}.",
        "So far there was no {kind} at {seen}.",
        "{seen}: no {kind} there. Next is {place}.",
        "Having seen {seen}, I still have no {kind}.",
    ),
    "search-on": (
        "For {a_kind} I look where I have not been yet.",
        "I still need {a_kind} and have not looked at {place}.",
        "I keep looking for {a_kind}.",
        "{a_kind} could also be {at_place}.",
    ),
    "recall": (
        "I have seen {thing} {at_place}.",
        "I remember {thing}: it is {at_place}.",
        "{thing} was {at_place}. I go back to it.",
        "I know where {thing} is.",
    ),
    "back": (
        "With an empty hand I go back.",
        "Now my hand is free, so back to {thing}.",
        "{thing} is still {at_place}.",
        "I return for {thing}.",
    ),
    "open": (
        "It is closed, so I open it.",
        "It is closed. I open it.",
        "First I have to open it.",
        "{place} is closed: I open it.",
    ),
    "inspect": (
        "I look at {place}.",
        "I go there and look.",
        "I go and see what is there.",
        "Let me look at {place}.",
    ),
    "examine": (
        "I am within reach of it already, so I look at it.",
        "I need not walk to {place}; I look at it from here.",
        "{place} is right here.",
        "It can be seen from where I stand.",
    ),
    "take": (
        "Here is {thing}. I take it.",
        "I see {thing} and take it.",
        "{thing} is what I need.",
        "There is {thing}.",
        "I found {thing}. I pick it up.",
    ),
    "carry": (
        "Now I bring it to {place}.",
        "I have it and go to {place}.",
        "It goes to {place}.",
        "With it in my hand I go to {place}.",
    ),
    "put": (
        "I put it down here.",
        "This is the place for it.",
        "I have arrived and put it down.",
        "It belongs here.",
    ),
    "hand-full": (
        "I can hold only one thing, so {thing} has to be put down.",
        "My hand is full: first I lay {thing} down.",
        "I need an empty hand and put {thing} aside.",
        "Before I take anything else, {thing} must go somewhere.",
    ),
    "aside": (
        "It can lie {at_place}.",
        "There is room for it {at_place}.",
        "I can leave it {at_place}.",
        "{place} will do for it.",
    ),
    "lay-down": (
        "I lay it down here.",
        "It may stay here.",
        "I leave it here.",
        "I put it out of my hand.",
    ),
    "to-clean": (
        "Next I clean it at {place}.",
        "It has to be cleaned first.",
        "I take it to {place} to wash it.",
        "There is {place} for washing it.",
    ),
    "clean": (
        "I clean {thing}.",
        "Here I wash it.",
        "Now I rinse it.",
        "It gets clean here.",
    ),
    "to-heat": (
        "Next I heat it with {place}.",
        "It has to be hot first.",
        "I take it to {place} to heat it.",
        "{place} can make it hot.",
    ),
    "heat": (
        "I heat {thing}.",
        "Here I warm it up.",
        "Now I heat it.",
        "It gets hot here.",
    ),
    "to-cool": (
        "Next I cool it with {place}.",
        "It has to be cold first.",
        "I take it to {place} to chill it.",
        "{place} can make it cold.",
    ),
    "cool": (
        "I cool {thing}.",
        "Here I chill it.",
        "Now I cool it.",
        "It gets cold here.",
    ),
    "slice": (
        "{thing} is here and I hold {knife}, so I slice it.",
        "I cut {thing} now.",
        "Now I can slice {thing}.",
        "With {knife} I slice it.",
    ),
    "use": (
        "Here is {thing}. I switch it on.",
        "I turn on {thing}.",
        "It is within reach, so I switch it on.",
        "Now I need its light.",
    ),
    "close": (
        "I close it.",
        "{place} is open, so I shut it.",
        "It must not stay open.",
        "Now I shut {place}.",
    ),
    "return-to-close": (
        "{place} is still open. I go back to close it.",
        "I left {place} open.",
        "{place} has to be closed as well.",
        "Back to {place}, to shut it.",
    ),
    "check-door": (
        "Is {place} open? I go and see.",
        "I check {place}.",
        "Next I see whether {place} is open.",
        "Now {place}.",
    ),
}
