"""How the experts think: for each kind of move a few sentences, to be filled with what they have seen."""

__all__ = ["GRAPH", "MOVES", "REMARKS"]

MOVES = {
    "search": (
        "I look for {name}.",
        "A search for {name} comes next.",
        "To learn {need}, I search for {name}.",
        "Which document is about {name}? I search.",
        "I need {need}, so I look for {name}.",
    ),
    "open": (
        "I open {name}.",
        "There is a document on {name}; I read it.",
        "The document on {name} should tell {need}.",
        "I open {name} to find {need}.",
    ),
    "open-unlisted": (
        "{name} is not among the results; I try {title!r} as a title.",
        "The search does not list {name}, but a document of that title may exist.",
        "None of the results is {name} itself, so I open it by its name.",
    ),
    "open-named": (
        "I try the title {title!r} directly.",
        "{title!r} is probably a title, so I open it to find {need}.",
        "I need {need}; I open {name}.",
        "The name {title!r} is exact enough to open it at once.",
    ),
    "find": (
        "This page does not tell {need}; I look for the word {word!r}.",
        "I do not see {need} here, so I look for {word!r} in the whole document.",
        "{word!r} should lead to {need}.",
    ),
    "more": (
        "There is another page; I read on.",
        "I have not seen {need} yet and turn the page.",
        "The document goes on, perhaps with {need}.",
    ),
}
"""What the reader is about to do. `{name}` is a thing, `{need}` what it looks for."""

REMARKS = {
    "quote": (
        'The document says: "{quote}"',
        'I read: "{quote}"',
        '"{quote}" is the line that I need.',
        'There it is: "{quote}"',
    ),
    "again": ('I have read of {name}: "{quote}"', 'From before I know of {name}: "{quote}"'),
    "list": ("The document names {values}.", "Listed there: {values}.", "I note {values}."),
    "both": ("In both lists: {values}.", "Common to the two lists: {values}."),
    "count": ("{values}: that makes {count}.", "I count {values}, which makes {count}."),
    "max": ("{pairs}. So it is {values}.", "Side by side: {pairs}. That decides for {values}."),
    "min": ("{pairs}. So it is {values}.", "Side by side: {pairs}. That decides for {values}."),
    "larger": ("{pairs}. So it is {values}.", "I compare: {pairs}. That makes it {values}."),
    "smaller": ("{pairs}. So it is {values}.", "I compare: {pairs}. That makes it {values}."),
    "truth": ("{pairs}. So the claim is {verdict}.", "I compare: {pairs}. The claim is {verdict}."),
    "total": ("{terms} = {result}.", "All together: {terms} = {result}."),
    "sum": ("{terms} = {result}.", "Adding up gives {terms} = {result}."),
    "difference": ("{large} - {small} = {result}.", "The two differ by {large} - {small} = {result}."),
    "days": ("From {first} to {second} it is {result} days.", "{first} to {second}: {result} days."),
    "years": ("From {first} to {second} there are {result} full years.", "{first} to {second}: {result} full years."),
    "beyond": ("The mark is {limit}. {pairs}. Above it: {values}.", "{pairs}. Above {limit} lie {values}."),
    "answer": ("That answers the question.", "I can answer now.", "This is what was asked for.", "I answer with it."),
    "answer-none": (
        "I have read the whole document on {name} and it does not give {need}, so the question cannot be answered.",
        "Nothing in {name} tells {need}: I say that it is unanswerable.",
        "{name} leaves {need} open, and I will not guess.",
    ),
}
"""What the reader concludes from what it has seen."""

GRAPH = {
    "relations": (
        "I need {need}; which relations does {variable} have?",
        "First I look at the relations of {variable}.",
        "Which relation of {variable} leads to {need}? I list them.",
        "I list the relations of {variable}.",
    ),
    "neighbors": (
        "The relation {relation!r} leads from {variable} to {need}.",
        "{relation!r} is what I need: I follow it from {variable}.",
        "To get {need} I follow {relation!r}.",
        "I go along {relation!r} from {variable}.",
    ),
    "both": (
        "What I want is in {a} and in {b}, so I intersect them.",
        "I keep what {a} and {b} share.",
        "Both conditions must hold: the intersection of {a} and {b}.",
    ),
    "attributes": (
        "Which numbers or dates do the members of {variable} have?",
        "Before I compare the members of {variable} I look at their attributes.",
        "I list what can be compared in {variable}.",
    ),
    "max": (
        "{attribute!r} is what the question compares; I take the top.",
        "I want what is at the top of {variable} by {attribute!r}.",
        "By {attribute!r}, the highest of {variable} is asked for.",
    ),
    "min": (
        "{attribute!r} is what the question compares; I take the bottom.",
        "I want what is at the bottom of {variable} by {attribute!r}.",
        "By {attribute!r}, the lowest of {variable} is asked for.",
    ),
    "count": (
        "How many members does {variable} have? I count them.",
        "The question asks for a number, so I count {variable}.",
        "I count the members of {variable}.",
    ),
    "answer": (
        "{variable} holds what was asked for.",
        "{variable} is the answer.",
        "The question is answered by {variable}.",
        "I end with {variable}.",
    ),
}
"""What the expert of the knowledge graph is about to do."""
