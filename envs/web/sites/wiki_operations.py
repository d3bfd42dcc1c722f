"""What an editor may do in the wiki."""

from collections.abc import Sequence

from envs.records import Row
from envs.web.sites.base import Refused, operation
from envs.web.sites.wiki_records import WikiRecords

__all__ = ["WikiOperations"]

_FORBIDDEN = "[]{}|#<>_/?"
_TITLE = 80


class WikiOperations(WikiRecords):
    """The records with their operations. Each edit saves a whole revision; `summary` says what was changed."""

    @property
    def now(self) -> str:
        """The wiki's clock stands still for the length of an episode."""
        return f"{self.today} 23:30"

    @operation
    def create_article(self, title: str, text: str, categories: Sequence[str] = (), summary: str = "") -> None:
        """Write a new article with one section."""
        title = " ".join(title.split())
        if not title or len(title) > _TITLE or set(title) & set(_FORBIDDEN):
            raise Refused(f"A title has 1 to {_TITLE} characters, and none of {_FORBIDDEN}")
        if any(title.casefold() == article["title"].casefold() for article in self.state.find("articles")):
            raise Refused(f"There is an article {title!r} already.")
        if not text.strip():
            raise Refused("An article needs a text.")
        article = self.state.insert("articles", title=title, protected=False)
        page = {"facts": [], "sections": [["", text.strip()]], "categories": self._names(categories)}
        self._write(article, page, summary or "New article")

    @operation
    def edit_section(self, title: str, heading: str, text: str, summary: str = "") -> None:
        """Replace the text of a section; the first section's heading is empty. Without text the section goes."""
        article, page = self._open(title)
        if heading not in [other for other, _ in page["sections"]]:
            raise Refused(f"There is no section {heading[:60]!r}.")
        if not heading and not text.strip():
            raise Refused("The first section cannot be empty.")
        sections = [[other, text.strip() if other == heading else old] for other, old in page["sections"]]
        sections = [section for section in sections if section[1]]
        self._write(article["id"], page | {"sections": sections}, summary)

    @operation
    def add_section(self, title: str, heading: str, text: str, summary: str = "") -> None:
        """Add a section at the end."""
        article, page = self._open(title)
        heading = " ".join(heading.split())
        if not heading or not text.strip():
            raise Refused("A section needs a heading and a text.")
        if heading in [other for other, _ in page["sections"]]:
            raise Refused(f"There is a section {heading[:60]!r} already.")
        self._write(article["id"], page | {"sections": [*page["sections"], [heading, text.strip()]]}, summary)

    @operation
    def edit_facts(self, title: str, facts: Sequence[Sequence[str]], summary: str = "") -> None:
        """Replace the table of facts by [name, value] pairs; those without a name or a value are left out."""
        article, page = self._open(title)
        pairs = [[name.strip(), value.strip()] for name, value in facts]
        self._write(article["id"], page | {"facts": [pair for pair in pairs if all(pair)]}, summary)

    @operation
    def set_categories(self, title: str, categories: Sequence[str], summary: str = "") -> None:
        """Replace the categories of an article."""
        article, page = self._open(title)
        self._write(article["id"], page | {"categories": self._names(categories)}, summary)

    @operation
    def revert(self, revision_id: str, summary: str = "") -> None:
        """Bring an article back to an older revision, by saving it again."""
        old = next(iter(self.state.find("revisions", id=revision_id)), None)
        if old is None:
            raise Refused("There is no such revision.")
        article = self.state.find("articles", id=old["article_id"])[0]
        self._open(article["title"])
        self._write(article["id"], old, summary or f"Reverted to the revision of {old['saved']}")

    @operation
    def watch(self, title: str) -> None:
        """Put an article on the watchlist."""
        article = self.article(title)
        if self.watched(article["id"]):
            raise Refused("You watch this article already.")
        self.state.insert("watchlist", article_id=article["id"])

    @operation
    def unwatch(self, title: str) -> None:
        """Take an article off the watchlist."""
        for row in self.state.find("watchlist", article_id=self.article(title)["id"]):
            self.state.delete("watchlist", row["id"])

    @operation
    def start_topic(self, title: str, topic: str, text: str) -> None:
        """Start a topic on an article's talk page."""
        article, topic = self.article(title), " ".join(topic.split())
        if not topic or not text.strip():
            raise Refused("A topic needs a title and a text.")
        if self.state.find("topics", article_id=article["id"], title=topic):
            raise Refused(f"There is a topic {topic[:60]!r} already.")
        self.comment(self.state.insert("topics", article_id=article["id"], title=topic), text)

    @operation
    def comment(self, topic_id: str, text: str) -> None:
        """Answer in a topic of a talk page."""
        if not self.state.find("topics", id=topic_id):
            raise Refused("There is no such topic.")
        if not text.strip():
            raise Refused("A comment needs a text.")
        self.state.insert("comments", topic_id=topic_id, author=self.user, posted=self.now, text=text.strip())

    def _open(self, title: str) -> tuple[Row, Row]:
        """The article, if it may be edited, and its latest revision."""
        article = self.article(title)
        if article["protected"]:
            raise Refused("This article is protected: only administrators can edit it.")
        return article, self.latest(article["id"])

    def _write(self, article_id: str, page: Row, summary: str) -> None:
        texts = {key: page[key] for key in ("facts", "sections", "categories")}
        before = self.revisions(article_id)
        if before and all(before[-1][key] == texts[key] for key in texts):
            raise Refused("Nothing was changed.")
        given = {"author": self.user, "saved": self.now, "summary": summary.strip()}
        self.state.insert("revisions", article_id=article_id, **given, **texts)

    def _names(self, categories: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(name for category in categories if (name := " ".join(category.split()))))
