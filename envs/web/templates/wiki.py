"""The wiki: look up, watch, follow links, correct and add."""

import re

from envs.records import Row
from envs.web.sites.wiki_records import LINK
from envs.web.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES", "open_article"]

TEMPLATES: list[Template] = []
_SENTENCES = (
    ("Trivia", "A stamp of 1962 shows it."),
    ("Name", "The name has been spelled in nine ways."),
    ("Reception", "A guide book calls it worth a detour."),
    ("Archives", "The records before 1700 were lost in a flood."),
    ("Research", "A survey of it is to appear next year."),
)


@collect(TEMPLATES, 1, "wiki")
def look_up_a_fact(scene: Scene) -> Draft:
    page = scene.pick(scene.site.pages())
    name, value = scene.pick([(n, v) for n, v in page["facts"] if not LINK.search(v)])
    open_article(scene, page)
    scene.see("The facts must be near.", f"{name} | {value}")
    return Draft(
        scene.phrase(
            'The article "{title}": what does it give under "{name}"?',
            "I need a fact for a quiz, {title}: {name}?",
            "{name} of {title}?",
            "What does the wiki have for {title}, {name}?",
            title=page["title"],
            name=name,
        ),
        thought=scene.phrase("The table says {value}.", "{name}: {value}.", name=name, value=value),
        closing=scene.phrase("{name}: {value}.", "The article says {value}.", name=name, value=value),
        says=((value,),),
    )


@collect(TEMPLATES, 1, "wiki")
def watch_an_article(scene: Scene) -> Draft:
    site = scene.site
    watched = scene.pick((False, False, True))
    page = scene.pick([page for page in site.pages() if site.watched(page["id"]) == watched])
    open_article(scene, page)
    if watched:
        scene.click("I take it off the watchlist.", "button", "Unwatch")
        scene.gold("unwatch", title=page["title"])
        asked = scene.phrase(
            "Take {title} off my watchlist.", "I do not care about {title} any more. Unwatch it.", title=page["title"]
        )
    else:
        scene.click("The button is beside the tabs.", "button", "Watch")
        scene.gold("watch", title=page["title"])
        asked = scene.phrase(
            "Put {title} on my watchlist.",
            "I would like to see when somebody edits {title}. Watch it for me, please.",
            "watch {title}",
            title=page["title"],
        )
    return Draft(asked, thought=scene.phrase("The page confirms it.", "Done, the button has changed."))


@collect(TEMPLATES, 2, "wiki")
def follow_a_link(scene: Scene) -> Draft:
    page = scene.pick(scene.site.pages())
    link, other = _linked(scene, page)
    name, value = scene.pick([(n, v) for n, v in other["facts"] if not LINK.search(v)])
    open_article(scene, page)
    _follow(scene, link, other)
    scene.see("Where are its facts?", f"{name} | {value}")
    return Draft(
        scene.phrase(
            'Look at the article on {title}. Under "{link}" it names another one. What is the "{name}" of that?',
            "{title} has an entry {link}. Follow it and tell me its {name}.",
            "{name} of the {link} of {title}?",
            title=page["title"],
            link=link,
            name=name,
        ),
        thought=f"{other['title']} has {name}: {value}.",
        closing=scene.phrase("{value}, for {other}.", "{name}: {value}.", value=value, other=other["title"], name=name),
        says=((value,),),
    )


@collect(TEMPLATES, 2, "wiki")
def correct_a_fact(scene: Scene) -> Draft:
    page = scene.pick(_editable(scene))
    name, old = scene.pick([(n, v) for n, v in page["facts"] if re.fullmatch(r"[\d,]+", v)])
    new = old[:-1] + str((int(old[-1]) + scene.rng.randint(1, 9)) % 10)
    open_article(scene, page)
    _correct(scene, page, name, new)
    return Draft(
        scene.phrase(
            'In the article {title} the value of "{name}" is wrong. It should be {new}.',
            "Please correct {title}: {name} is {new}, not {old}.",
            "{title} / {name}: {old} -> {new}",
            "I have checked in two books: {title} has {new} for {name}. Change the table of facts, please.",
            title=page["title"],
            name=name,
            old=old,
            new=new,
        ),
        thought=scene.phrase("The article shows {new} now.", "Saved: {new}.", new=new),
    )


@collect(TEMPLATES, 3, "wiki")
def follow_two_links(scene: Scene) -> Draft:
    page = scene.pick(scene.site.pages())
    first, middle = _linked(scene, page)
    second, end = _linked(scene, middle)
    name, value = scene.pick([(n, v) for n, v in end["facts"] if not LINK.search(v)])
    if end["title"] == page["title"]:
        raise scene.unfit
    open_article(scene, page)
    _follow(scene, first, middle)
    _follow(scene, second, end)
    scene.see("Now its facts.", f"{name} | {value}")
    return Draft(
        scene.phrase(
            'Start at {title} and open what it has under "{first}"; there, open what is under "{second}". What does '
            'that article say for "{name}"?',
            "What is the {name} of the {second} of the {first} of {title}?",
            "For a puzzle: {title}, its {first}, then the {second} of that. I need the {name} found there.",
            title=page["title"],
            first=first,
            second=second,
            name=name,
        ),
        thought=f"From {page['title']} to {middle['title']} to {end['title']}, whose {name} is {value}.",
        closing=f"{value} ({end['title']}).",
        says=((value,),),
    )


@collect(TEMPLATES, 3, "wiki")
def add_a_section(scene: Scene) -> Draft:
    page = scene.pick(_editable(scene))
    heading, text = scene.pick(_SENTENCES)
    open_article(scene, page)
    scene.click("The link for new sections is below the others.", "link", "Add section")
    scene.type("The heading.", "textbox", "Heading", heading)
    scene.type("The text word by word.", "textbox", "Text", text)
    _save(scene, f"New section {heading}")
    scene.gold("add_section", title=page["title"], heading=heading, text=text)
    return Draft(
        scene.phrase(
            'Add a section "{heading}" to {title}, with exactly this text: {text}',
            "{title} lacks a section {heading}. Write this into it, and nothing else: {text}",
            "new section in {title}. heading: {heading}. text: {text}",
            title=page["title"],
            heading=heading,
            text=text,
        ),
        thought=scene.phrase("The section stands at the end of the article.", "The new section is there."),
    )


def open_article(scene: Scene, page: Row) -> None:
    """Go to an article by its exact title."""
    thought = scene.phrase(
        "I search for the article.",
        "An exact title opens the article itself: {title}.",
        "First to {title}.",
        title=page["title"],
    )
    scene.type(thought, "textbox", "Search the wiki", page["title"], enter=True)


def _follow(scene: Scene, link: str, other: Row) -> None:
    scene.click(f"{link}: {other['title']}.", "link", other["title"], near=f"{link} |")


def _linked(scene: Scene, page: Row) -> tuple[str, Row]:
    """A fact of a page that is a link, and the page that it leads to."""
    links = [(name, value[2:-2]) for name, value in page["facts"] if LINK.fullmatch(value)]
    name, title = scene.pick(links)
    return name, next(other for other in scene.site.pages() if other["title"] == title)


def _editable(scene: Scene) -> list[Row]:
    today = scene.site.today.isoformat()
    return [page for page in scene.site.pages() if not page["protected"] and page["saved"][:10] != today]


def _correct(scene: Scene, page: Row, name: str, new: str) -> None:
    scene.click("The facts have a link of their own.", "link", "Edit facts")
    scene.type(f"{new} is right.", "textbox", name, new)
    _save(scene, f"{name} corrected")
    facts = [[other, new if other == name else value] for other, value in page["facts"]]
    scene.gold("edit_facts", title=page["title"], facts=facts)


def _save(scene: Scene, summary: str) -> None:
    scene.type("A few words on what I changed.", "textbox", "Summary of the change", summary)
    scene.click("I save it.", "button", "Save")
