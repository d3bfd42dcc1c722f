"""The wiki: articles with facts, sections and links, categories, search, edits with history, talk pages, a watchlist.

Pages (TITLE with underscores for spaces):

- `/`: featured article, categories, latest changes. Every page has a search box, Main page, Categories, Changes,
  Watchlist, New article and the user's contributions.
- `/wiki/TITLE`: the article, with Talk, History, Watch, What links here, and links to edit facts, sections, categories.
- `/edit/TITLE?section=N` (0 is the first), `/section/TITLE`: a new section, `/facts/TITLE`, `/categories/TITLE`;
  `/create?title=`: a new article.
- `/history/TITLE?page=`: revisions, newest first, with View, Compare and Revert; `/revision/REVISION`,
  `/compare/REVISION`: what it changed.
- `/talk/TITLE`: topics, answers, a new topic. `/links/TITLE`: what links here.
- `/categories`, `/category/NAME?page=`, `/search?q=&page=` (an exact title opens the article), `/changes?page=`,
  `/watchlist`, `/user/NAME?page=`: contributions.

Operations (see `WikiOperations`): `create_article edit_section add_section edit_facts set_categories revert watch
unwatch start_topic comment`.
"""

import difflib
from collections import Counter
from typing import Any
from urllib.parse import quote

from envs.records import Row
from envs.web.sites.fields import find_row
from envs.web.sites.pages import go, number, paged, routes, show
from envs.web.sites.wiki_operations import WikiOperations
from envs.web.sites.wiki_records import LINK

__all__ = ["Wiki"]

_PER_PAGE = 20


class Wiki(WikiOperations):
    """The wiki with its pages."""

    def routes(self) -> list[Any]:
        return routes(
            {
                "GET /": self._home,
                "GET /wiki/{title}": self._article,
                "GET /revision/{revision}": self._revision,
                "GET /compare/{revision}": self._compare,
                "GET /history/{title}": self._history,
                "POST /revert/{revision}": self._revert,
                "GET /edit/{title}": self._edit_form,
                "POST /edit/{title}": self._edit,
                "GET /section/{title}": self._form("section.html"),
                "POST /section/{title}": self._section,
                "GET /facts/{title}": self._form("facts.html"),
                "POST /facts/{title}": self._facts,
                "GET /categories/{title}": self._form("categorise.html"),
                "POST /categories/{title}": self._categorise,
                "GET /create": self._create_form,
                "POST /create": self._create,
                "POST /watch/{title}": self._watch,
                "GET /talk/{title}": self._talk,
                "POST /talk/{title}": self._topic,
                "POST /comment/{topic}": self._comment,
                "GET /links/{title}": self._links,
                "GET /categories": self._categories,
                "GET /category/{category}": self._category,
                "GET /search": self._search,
                "GET /changes": self._changes,
                "GET /watchlist": self._watchlist,
                "GET /user/{name}": self._contributions,
            }
        )

    @staticmethod
    def url(page: str, title: str) -> str:
        """The address of one of a title's pages."""
        return f"/{page}/{quote(title.replace(' ', '_'), safe='')}"

    def rich(self, text: str) -> Any:
        """A text with its links, as HTML; a link to an article that is not there leads to a form for it."""
        from markupsafe import Markup, escape

        parts, end = [], 0
        for match in LINK.finditer(text):
            title, words = match[1].strip(), match[2] or match[1]
            there = self.exists(title)
            href = self.url("wiki", title) if there else f"/create?title={quote(title)}"
            anchor = Markup('<a href="{}"{}>{}</a>').format(href, Markup("" if there else ' class="new"'), words)
            parts += [escape(text[end : match.start()]), anchor]
            end = match.end()
        return Markup("").join([*parts, escape(text[end:])])

    def titled(self, revisions: list[Row]) -> list[Row]:
        """Revisions with the title of their article, the latest first."""
        titles = {article["id"]: article["title"] for article in self.state.find("articles")}
        found = [revision | {"title": titles[revision["article_id"]]} for revision in revisions]
        return sorted(found, key=lambda revision: revision["saved"])[::-1]

    async def _home(self, request):
        pages, revisions = self.pages(), self.state.find("revisions")
        edits = Counter(revision["article_id"] for revision in revisions)
        featured = max(pages, key=lambda page: (edits[page["id"]], page["title"]))
        changes = self.titled(revisions)[:6]
        categories = [kind.category for kind in self.world.kinds]
        values = {"featured": featured, "count": len(pages), "changes": changes, "categories": categories}
        return show(self, request, "home.html", **values)

    async def _article(self, request):
        article = self.article(request.path_params["title"])
        page = self.latest(article["id"])
        return show(self, request, "article.html", article=article, page=page, old=False)

    async def _revision(self, request):
        page = find_row(self.state, "revisions", request.path_params["revision"])
        article = find_row(self.state, "articles", page["article_id"])
        return show(self, request, "article.html", article=article, page=page, old=True)

    async def _compare(self, request):
        page = find_row(self.state, "revisions", request.path_params["revision"])
        article = find_row(self.state, "articles", page["article_id"])
        every = self.revisions(article["id"])
        place = [revision["id"] for revision in every].index(page["id"])
        before = self.text_of(every[place - 1]).splitlines() if place else []
        lines = difflib.ndiff(before, self.text_of(page).splitlines())
        changed = [(line[0], line[2:]) for line in lines if line[0] in "+-"]
        return show(self, request, "compare.html", article=article, page=page, changed=changed)

    async def _history(self, request):
        article = self.article(request.path_params["title"])
        found = paged(request, self.revisions(article["id"])[::-1], _PER_PAGE)
        return show(self, request, "history.html", article=article, found=found)

    async def _revert(self, request):
        revision = find_row(self.state, "revisions", request.path_params["revision"])
        self.revert(revision["id"], (await request.form()).get("summary", ""))
        title = find_row(self.state, "articles", revision["article_id"])["title"]
        return go(self.url("wiki", title), "The article was reverted.")

    def _form(self, template: str):
        async def page(request):
            article = self.article(request.path_params["title"])
            return show(self, request, template, article=article, page=self.latest(article["id"]))

        return page

    async def _edit_form(self, request):
        article = self.article(request.path_params["title"])
        sections = self.latest(article["id"])["sections"]
        place = min(max(0, number(request.query_params.get("section"), 0)), len(sections) - 1)
        return show(self, request, "edit.html", article=article, heading=sections[place][0], text=sections[place][1])

    async def _edit(self, request):
        form, title = await request.form(), self.article(request.path_params["title"])["title"]
        text = form.get("text", "").replace("\r\n", "\n")
        self.edit_section(title, form.get("heading", ""), text, form.get("summary", ""))
        return go(self.url("wiki", title), "Your edit was saved.")

    async def _section(self, request):
        form, title = await request.form(), self.article(request.path_params["title"])["title"]
        text = form.get("text", "").replace("\r\n", "\n")
        self.add_section(title, form.get("heading", ""), text, form.get("summary", ""))
        return go(self.url("wiki", title), "The section was added.")

    async def _facts(self, request):
        form, title = await request.form(), self.article(request.path_params["title"])["title"]
        facts = list(zip(form.getlist("name"), form.getlist("value"), strict=False))
        self.edit_facts(title, facts, form.get("summary", ""))
        return go(self.url("wiki", title), "The facts were saved.")

    async def _categorise(self, request):
        form, title = await request.form(), self.article(request.path_params["title"])["title"]
        self.set_categories(title, form.get("categories", "").split(","), form.get("summary", ""))
        return go(self.url("wiki", title), "The categories were saved.")

    async def _create_form(self, request):
        return show(self, request, "create.html", title=request.query_params.get("title", ""))

    async def _create(self, request):
        form = await request.form()
        text, categories = form.get("text", "").replace("\r\n", "\n"), form.get("categories", "").split(",")
        self.create_article(form.get("title", ""), text, categories, form.get("summary", ""))
        return go(self.url("wiki", self.state.find("articles")[-1]["title"]), "The article was created.")

    async def _watch(self, request):
        article = self.article(request.path_params["title"])
        if self.watched(article["id"]):
            self.unwatch(article["title"])
            return go(self.url("wiki", article["title"]), "You no longer watch this article.")
        self.watch(article["title"])
        return go(self.url("wiki", article["title"]), "You watch this article.")

    async def _talk(self, request):
        article = self.article(request.path_params["title"])
        topics = [
            topic | {"comments": self.state.find("comments", topic_id=topic["id"])}
            for topic in self.state.find("topics", article_id=article["id"])
        ]
        return show(self, request, "talk.html", article=article, topics=topics)

    async def _topic(self, request):
        form, title = await request.form(), self.article(request.path_params["title"])["title"]
        self.start_topic(title, form.get("topic", ""), form.get("text", ""))
        return go(self.url("talk", title), "The topic was started.")

    async def _comment(self, request):
        topic = request.path_params["topic"]
        self.comment(topic, (await request.form()).get("text", ""))
        article = find_row(self.state, "articles", find_row(self.state, "topics", topic)["article_id"])
        return go(self.url("talk", article["title"]), "Your comment was posted.")

    async def _links(self, request):
        article = self.article(request.path_params["title"])
        titles = [page["title"] for page in self.pages() if article["title"] in self.links_of(page)]
        values = {"heading": f"Links to {article['title']}", "found": paged(request, titles, _PER_PAGE)}
        return show(self, request, "list.html", **values)

    async def _categories(self, request):
        counts = Counter(category for page in self.pages() for category in page["categories"])
        return show(self, request, "categories.html", counts=sorted(counts.items()))

    async def _category(self, request):
        category = request.path_params["category"].replace("_", " ")
        titles = [page["title"] for page in self.pages() if category in page["categories"]]
        values = {"heading": f"Category: {category}", "found": paged(request, titles, _PER_PAGE)}
        return show(self, request, "list.html", **values)

    async def _search(self, request):
        q = request.query_params.get("q", "").strip()
        pages = self.pages()
        if exact := next((page for page in pages if q and page["title"].casefold() == q.casefold()), None):
            return go(self.url("wiki", exact["title"]))
        words = q.casefold().split()
        scored = [
            (sum(word in page["title"].casefold() for word in words), page)
            for page in pages
            if words and all(word in f"{page['title']}\n{self.text_of(page)}".casefold() for word in words)
        ]
        scored.sort(key=lambda pair: -pair[0])
        return show(self, request, "search.html", q=q, found=paged(request, [page for _, page in scored], 10))

    async def _changes(self, request):
        found = paged(request, self.titled(self.state.find("revisions")), _PER_PAGE)
        return show(self, request, "changes.html", heading="Latest changes", found=found)

    async def _watchlist(self, request):
        watched = [row["article_id"] for row in self.state.find("watchlist")]
        found = paged(request, self.titled([self.latest(article) for article in watched]), _PER_PAGE)
        return show(self, request, "changes.html", heading="Your watchlist", found=found)

    async def _contributions(self, request):
        name = request.path_params["name"]
        if name not in (self.user, *self.editors):
            raise KeyError(f"no editor {name}")
        found = paged(request, self.titled(self.state.find("revisions", author=name)), _PER_PAGE)
        return show(self, request, "changes.html", heading=f"Contributions of {name}", found=found)
