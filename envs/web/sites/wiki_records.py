"""The wiki's records: what it starts with, and what is read out of them."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from envs.records import Row
from envs.web.sites.base import Site
from envs.web.sites.names import nicknames
from envs.web.sites.wiki_world import NOVEL_WORLD, SEEN_WORLD, Kind, World, invent_names

__all__ = ["LINK", "WikiRecords"]

LINK = re.compile(r"\[\[([^\[\]|]+)(?:\|([^\[\]|]+))?\]\]")
"""`[[Title]]` or `[[Title|words that are shown]]`."""
_NONSENSE = ("hahaha this is boring", "BUY CHEAP PILLS at pills.example", "aaaaaaaaaaaa", "Everything here is a lie!!!")
_QUESTIONS = (
    ("Source for {fact}", "Where does the value for {fact} come from? I have seen another one."),
    ("Picture", "Does anybody have a picture that we may use?"),
    ("Merge?", "Should this be merged with a longer article?"),
)
_REPLIES = ("I have checked it in the yearbook, it is right.", "No idea, sorry.", "I will look into it next week.")


class WikiRecords(Site):
    """An encyclopedia of a made-up world. The text of an article is that of its latest revision.

    A revision has `facts` ([name, value] pairs), `sections` ([heading, text] pairs, the first without heading) and
    `categories`; values and texts may have links.
    """

    name = "wiki"
    free = {"revisions": {"summary"}, "comments": {"text"}}

    def fill(self) -> None:
        state = self.state
        state.create("articles", "art", ("title", "protected?"))
        columns = ("article_id", "author", "saved", "summary", "facts[]", "sections[]", "categories[]")
        state.create("revisions", "rev", columns)
        state.create("topics", "top", ("article_id", "title"))
        state.create("comments", "com", ("topic_id", "author", "posted", "text"))
        state.create("watchlist", "wat", ("article_id",))
        self.world: World = NOVEL_WORLD if self.novel else SEEN_WORLD
        self.brand = self.world.name
        self.user, *self.editors = nicknames(self.rng, 12, self.novel)
        titles = self._titles()
        articles = [(kind, title) for kind in self.world.kinds for title in titles[kind.category]]
        self.rng.shuffle(articles)
        for kind, title in articles:
            self._fill_article(kind, title, titles)
        every = state.find("articles")
        for article in self.rng.sample(every, 4):
            state.insert("watchlist", article_id=article["id"])
        for article in self.rng.sample(every, 10):
            self._fill_talk(article)

    def _titles(self) -> dict[str, list[str]]:
        taken: set[str] = set()
        titles = {}
        for kind in self.world.kinds:
            names = invent_names(self.rng, self.world, kind, taken)
            titles[kind.category] = [next(names) for _ in range(max(6, int(110 * self.size * kind.share)))]
        return titles

    def _fill_article(self, kind: Kind, title: str, titles: Mapping[str, list[str]]) -> None:
        rng = self.rng
        facts = {name: self._fact(spec, titles) for name, spec in kind.facts.items()}
        words = facts | {f"{name}_small": value.lower() for name, value in facts.items()}
        intro = kind.intro.format(title=title, land=self.world.land, **words)
        sections = [["", intro], *([name, self._some(texts)] for name, texts in kind.sections.items())]
        first = next(iter(facts.values()))
        protected = rng.random() < 0.05
        article = self.state.insert("articles", title=title, protected=protected)
        categories = [kind.category, f"{kind.category} ({first})"]
        ages = sorted(rng.sample(range(1, 900), rng.choice((1, 1, 2, 3, 4))), reverse=True)
        for number, age in enumerate(ages):
            last = number == len(ages) - 1
            shown, summary = dict(facts), "New article" if number == 0 else "Small corrections"
            if not last:  # an earlier revision had another number, which the next one puts right
                name = rng.choice([name for name, spec in kind.facts.items() if spec[-1].isdigit() or " " in spec])
                shown[name] = self._fact(kind.facts[name], titles)
                summary = summary if number == 0 else f"{name} updated"
            self._save(article, self._moment(age), summary, shown, sections, categories)
        if not protected and rng.random() < 0.05:
            spoiled = [*sections[:-1], [sections[-1][0], rng.choice(_NONSENSE)]]
            self._save(article, self._moment(0), rng.choice(("", "fixed", "better now")), facts, spoiled, categories)

    def _some(self, texts: tuple[str, ...]) -> str:
        return " ".join(self.rng.sample(texts, self.rng.randint(1, 2)))

    def _fact(self, spec: str, titles: Mapping[str, list[str]]) -> str:
        rng = self.rng
        if spec.startswith("link "):
            return f"[[{rng.choice(titles[spec.removeprefix('link ')])}]]"
        if "|" in spec:
            return rng.choice(spec.split("|"))
        year = spec.startswith("year ")
        low, high, *unit = spec.removeprefix("year ").replace("-", " ").split()
        value = rng.randint(int(low), int(high))
        return str(value) if year else " ".join([f"{value:,}", *unit])

    def _save(
        self, article: str, saved: str, summary: str, facts: Mapping[str, str], sections: list, categories: list
    ) -> None:
        pairs = [[name, value] for name, value in facts.items()]
        texts = {"facts": pairs, "sections": sections, "categories": categories}
        author = self.rng.choice(self.editors)
        self.state.insert("revisions", article_id=article, author=author, saved=saved, summary=summary, **texts)

    def _fill_talk(self, article: Row) -> None:
        rng = self.rng
        fact = rng.choice(self.latest(article["id"])["facts"])[0].lower()
        title, text = (words.format(fact=fact) for words in rng.choice(_QUESTIONS))
        topic = self.state.insert("topics", article_id=article["id"], title=title)
        days = sorted(rng.sample(range(1, 300), 2), reverse=True)
        texts = [text, rng.choice(_REPLIES)][: rng.randint(1, 2)]
        for words, age, author in zip(texts, days, rng.sample(self.editors, 2), strict=False):
            self.state.insert("comments", topic_id=topic, author=author, posted=self._moment(age), text=words)

    def _moment(self, age: int) -> str:
        return f"{self.today - timedelta(age)} {self.rng.randrange(8, 22):02d}:{self.rng.randrange(60):02d}"

    def article(self, title: str) -> Row:
        """The article with this title, underscores or not.

        Raises:
            KeyError: there is none; a missing page.
        """
        if found := self.state.find("articles", title=title.replace("_", " ").strip()):
            return found[0]
        raise KeyError(f"no article {title}")

    def exists(self, title: str) -> bool:
        """Whether there is an article with this title."""
        return bool(self.state.find("articles", title=title.replace("_", " ").strip()))

    def revisions(self, article_id: str) -> list[Row]:
        """An article's revisions, the oldest first."""
        return self.state.find("revisions", article_id=article_id)

    def latest(self, article_id: str) -> Row:
        """An article's latest revision."""
        return self.revisions(article_id)[-1]

    def pages(self) -> list[Row]:
        """All articles with the columns of their latest revision, by title."""
        latest = {revision["article_id"]: revision for revision in self.state.find("revisions")}
        articles = sorted(self.state.find("articles"), key=lambda article: article["title"])
        return [latest[article["id"]] | article for article in articles]

    def watched(self, article_id: str) -> bool:
        """Whether the user watches an article."""
        return bool(self.state.find("watchlist", article_id=article_id))

    @staticmethod
    def text_of(page: Mapping[str, Any]) -> str:
        """All words of a revision: its facts, then its sections, one to a line."""
        lines = [f"{name}: {value}" for name, value in page["facts"]]
        for heading, text in page["sections"]:
            lines += [heading, *text.splitlines()] if heading else text.splitlines()
        return "\n".join([*lines, *(f"Category: {category}" for category in page["categories"])])

    def links_of(self, page: Mapping[str, Any]) -> set[str]:
        """The titles that a revision links to."""
        return {title.strip() for title, _ in LINK.findall(self.text_of(page))}
