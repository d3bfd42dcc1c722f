"""The wiki: undo what others have spoiled, and compare over several articles."""

import re

from envs.records import Row
from envs.web.templates.base import Draft, Scene, Template, collect
from envs.web.templates.wiki import open_article

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []


@collect(TEMPLATES, 3, "wiki")
def undo_vandalism(scene: Scene) -> Draft:
    bad = scene.pick(_spoiled(scene))
    open_article(scene, bad)
    scene.see("Which part is spoiled?", bad["sections"][-1][1])
    _revert(scene, bad)
    return Draft(
        scene.phrase(
            "Somebody has written nonsense into {title} today. Please undo it.",
            "{title} was fine yesterday and is full of rubbish now. Bring it back to how it was.",
            "vandalism in {title}, revert pls",
            title=bad["title"],
        ),
        thought=scene.phrase("The article is as it was.", "The nonsense is gone."),
    )


@collect(TEMPLATES, 4, "wiki")
def undo_all_vandalism(scene: Scene) -> Draft:
    spoiled = sorted(_spoiled(scene), key=lambda page: page["saved"], reverse=True)
    if not 2 <= len(spoiled) <= 4:
        raise scene.unfit
    for number, bad in enumerate(spoiled):
        thought = "The latest changes show who has edited today." if number == 0 else "Back to the changes of today."
        scene.click(thought, "link", "Changes")
        scene.click(f"I look at what was done to {bad['title']}.", "link", bad["title"])
        scene.see("Is it sensible?", bad["sections"][-1][1])
        _revert(scene, bad)
    return Draft(
        scene.phrase(
            "Check all edits that were made today, and revert those that are nonsense.",
            "There was vandalism today. Go through today's changes and bring every spoiled article back.",
            "revert all nonsense edits of today",
        ),
        thought=scene.phrase(
            "All {n} edits of today were nonsense and are undone.", "{n} articles restored.", n=len(spoiled)
        ),
    )


@collect(TEMPLATES, 4, "wiki")
def largest_of_a_category(scene: Scene) -> Draft:
    category, members, name, best = _ranking(scene)
    _compare(scene, category, members, name)
    values = ", ".join(f"{page['title']} {_fact(page, name)}" for page in members)
    return Draft(
        scene.phrase(
            'Of the articles in the category "{category}", which has the highest "{name}"? Name that one only.',
            "Which article in {category} has the largest {name}? Just its title.",
            "{category}: highest {name}? title only",
            category=category,
            name=name,
        ),
        thought=f"{values}: {best['title']} is highest.",
        closing=f"{best['title']}.",
        says=((best["title"],),),
        never=tuple(page["title"] for page in members if page is not best and page["title"] not in best["title"]),
    )


@collect(TEMPLATES, 5, "wiki")
def rank_and_discuss(scene: Scene) -> Draft:
    category, members, name, best = _ranking(scene)
    if scene.site.watched(best["id"]) or scene.rows("topics", article_id=best["id"]):
        raise scene.unfit
    _compare(scene, category, members, name)
    values = ", ".join(f"{page['title']} {_fact(page, name)}" for page in members)
    if members[-1] is not best:
        scene.click(f"{values}: {best['title']} is highest, so back there.", "link", best["categories"][-1])
        scene.click(f"I open {best['title']} again.", "link", best["title"])
    scene.click("First I watch it.", "button", "Watch")
    scene.gold("watch", title=best["title"])
    scene.click("Then the talk page.", "link", "Talk")
    value, topic = _fact(best, name), scene.pick(("Record", "Please check", "Source?"))
    scene.type("The topic as the user wants it.", "textbox", "Topic", topic)
    text = scene.phrase("{name} {value} is the highest of {c}. Is it right?", name=name, value=value, c=category)
    scene.type("I ask about the value.", "textbox", "Text", text)
    scene.click("And start the topic.", "button", "Start topic")
    scene.gold("start_topic", title=best["title"], topic=topic, text=text)
    scene.mention("comments", "text", [value], [name])
    return Draft(
        scene.phrase(
            'Find the article in the category "{category}" with the highest {name}. Watch it, and start a topic '
            '"{topic}" on its talk page that names the {name} with its value and asks whether it is right.',
            "Which one of {category} has the top {name}? I doubt it. Put that article on my watchlist and open a "
            'discussion titled "{topic}" on its talk page: mention {name} and the value, and ask for a check.',
            category=category,
            name=name,
            topic=topic,
        ),
        thought=scene.phrase("It is watched, and the topic is started.", "Both are done."),
    )


def _spoiled(scene: Scene) -> list[Row]:
    """The pages that were spoiled today."""
    today = scene.site.today.isoformat()
    return [page for page in scene.site.pages() if page["saved"][:10] == today]


def _revert(scene: Scene, bad: Row) -> None:
    """Bring an open article back to the revision before its latest one."""
    before = scene.site.revisions(bad["id"])[-2]
    scene.click(f'"{bad["sections"][-1][1]}" is nonsense. What was there before?', "link", "History")
    scene.click(
        f"The revision of {before['saved'][:10]} is the last good one.",
        "button",
        "Revert to this",
        near=before["saved"],
    )
    scene.gold("revert", revision_id=before["id"])


def _ranking(scene: Scene) -> tuple[str, list[Row], str, Row]:
    """A small category, its pages in order, a fact in numbers, and the page in which that is highest."""
    pages = scene.site.pages()
    small = sorted({page["categories"][-1] for page in pages})
    members = {category: [page for page in pages if category in page["categories"]] for category in small}
    category = scene.pick([category for category in small if 3 <= len(members[category]) <= 5])
    found = members[category]
    name = scene.pick([name for name, value in found[0]["facts"] if re.match(r"\d", value)])
    values = [_number(page, name) for page in found]
    if values.count(max(values)) > 1:
        raise scene.unfit
    return category, found, name, found[values.index(max(values))]


def _compare(scene: Scene, category: str, members: list[Row], name: str) -> None:
    """Visit all pages of a category."""
    scene.click("The categories are listed together.", "link", "Categories")
    scene.click(scene.phrase("{c} it is.", "I open {c}.", c=category), "link", category)
    for number, page in enumerate(members):
        if number:
            before = members[number - 1]
            scene.act(f"{before['title']} has {_fact(before, name)}. Back to the list.", "back")
        scene.click(f"{len(members)} articles; now {page['title']}.", "link", page["title"])
        scene.see(f"I look for its {name}.", f"{name} | {_fact(page, name)}")


def _fact(page: Row, name: str) -> str:
    return dict(page["facts"])[name]


def _number(page: Row, name: str) -> float:
    return float(re.match(r"[\d,.]+", _fact(page, name))[0].replace(",", ""))
