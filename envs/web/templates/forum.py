"""The forum: look up, bookmark, reply, follow, vote, correct one"s own post."""

import re

from envs.records import Row
from envs.web.templates.base import Draft, Scene, Template, collect

__all__ = ["TEMPLATES", "board_name", "open_thread"]

TEMPLATES: list[Template] = []
_PER_PAGE, _POSTS_PER_PAGE = 12, 8


@collect(TEMPLATES, 1, "forum")
def look_up_a_thread(scene: Scene) -> Draft:
    thread = scene.pick(scene.site.summaries())
    _open_board(scene, thread)
    replies, author = str(thread["replies"]), thread["author"]
    asked, value, said = scene.pick(
        (
            ('How many replies does "{title}" have? It is on the board {board}.', replies, "It has {value} replies."),
            ("number of replies to {title} ({board})", replies, "{value} replies"),
            ('Who started the thread "{title}" on {board}?', author, "{value} started it."),
            ('I forgot who asked "{title}" on the board {board}. Who was it?', author, "It was {value}."),
        )
    )
    return Draft(
        asked.format(title=thread["title"], board=board_name(scene, thread)),
        thought=scene.phrase("The list of threads says it: {value}.", "Its line says {value}.", value=value),
        closing=said.format(value=value),
        says=((value, "no") if value == "0" else (value,),),
    )


@collect(TEMPLATES, 1, "forum")
def bookmark_a_thread(scene: Scene) -> Draft:
    marked = {row["thread_id"] for row in scene.rows("bookmarks")}
    thread = scene.pick([row for row in scene.site.summaries() if row["id"] not in marked])
    open_thread(scene, thread)
    scene.click(scene.phrase("The button is at the top.", "Now I bookmark it."), "button", "Bookmark")
    scene.gold("bookmark", thread_id=thread["id"])
    return Draft(
        scene.phrase(
            'Bookmark the thread "{title}" on {board}.',
            "Please put {title} ({board}) into my bookmarks so that I can read it tonight.",
            'bookmark "{title}", board {board}',
            title=thread["title"],
            board=board_name(scene, thread),
        ),
        thought=scene.phrase("The button now offers to remove it, so it is bookmarked.", "It is among the bookmarks."),
    )


@collect(TEMPLATES, 2, "forum")
def reply_to_a_thread(scene: Scene) -> Draft:
    thread = scene.pick([row for row in scene.site.summaries() if not row["locked"] and not row["pinned"]])
    topic = scene.site.boards[thread["board"]]
    kit, dollars = scene.pick(topic.kits), scene.rng.randint(*topic.prices)
    open_thread(scene, thread)
    text = scene.phrase(
        "I can recommend the {kit}. I paid ${dollars} for mine.",
        "Have a look at the {kit}, mine was ${dollars}.",
        kit=kit,
        dollars=dollars,
    )
    scene.type(scene.phrase("The reply goes here.", "I write what the user wants said."), "textbox", "Your reply", text)
    scene.click(scene.phrase("I post it.", "Now it can go out."), "button", "Post reply")
    scene.gold("reply", thread_id=thread["id"], text=text)
    scene.mention("posts", "text", [kit], [str(dollars)])
    return Draft(
        scene.phrase(
            'Answer in "{title}" on {board}: I recommend the {kit} and paid ${dollars} for it.',
            "Could you reply to the thread {title} ({board}) for me? Recommend the {kit}, and say that mine was "
            "${dollars}.",
            "{board}, thread {title}: reply that the {kit} is good, I paid ${dollars}",
            title=thread["title"],
            board=topic.name,
            kit=kit,
            dollars=dollars,
        ),
        thought=scene.phrase("The reply is published.", "It stands under the others now."),
    )


@collect(TEMPLATES, 2, "forum")
def follow_the_author(scene: Scene) -> Draft:
    followed = {row["member"] for row in scene.rows("follows")} | {scene.site.user}
    thread = scene.pick([row for row in scene.site.summaries() if row["author"] not in followed])
    open_thread(scene, thread)
    scene.click(f"{thread['author']} wrote the first post.", "link", thread["author"])
    scene.click("The profile has a button for it.", "button", "Follow")
    scene.gold("follow", member=thread["author"])
    return Draft(
        scene.phrase(
            'Follow whoever started "{title}" on {board}.',
            "I like the person who opened the thread {title} on the board {board}. Follow them, please.",
            "follow the author of {title} ({board})",
            title=thread["title"],
            board=board_name(scene, thread),
        ),
        thought=scene.phrase(
            "I follow {author} now.", "The page says that I follow {author}.", author=thread["author"]
        ),
    )


@collect(TEMPLATES, 2, "forum")
def vote_for_a_post(scene: Scene) -> Draft:
    thread, post = _other_post(scene)
    open_thread(scene, thread)
    value = scene.pick((1, 1, -1))
    button, verb = ("Upvote", "up") if value == 1 else ("Downvote", "down")
    scene.click(f"I vote {verb} the post of {post['author']}.", "button", button, near=f'"{post["author"]}"')
    scene.gold("vote", post_id=post["id"], value=value)
    return Draft(
        scene.phrase(
            'Vote {verb} what {author} wrote in "{title}" ({board}).',
            "In the thread {title} on {board} there is a post by {author}. Please vote it {verb}.",
            "{verb}vote for {author} in {title}, board {board}",
            verb=verb,
            author=post["author"],
            title=thread["title"],
            board=board_name(scene, thread),
        ),
        thought=scene.phrase("The vote counts.", "The button now offers to undo it: the vote is in."),
    )


@collect(TEMPLATES, 3, "forum")
def correct_my_post(scene: Scene) -> Draft:
    site = scene.site
    threads = {row["id"]: row for row in site.summaries() if not row["locked"]}
    mine = scene.rows("posts", author=site.user)
    newest = [row for row in mine[-_POSTS_PER_PAGE:] if row["thread_id"] in threads]
    post = scene.pick([row for row in newest if len(re.findall(r"\$\d+", row["text"])) == 1])
    if sum(row["thread_id"] == post["thread_id"] for row in mine) > 1:
        raise scene.unfit
    old = re.findall(r"\$(\d+)", post["text"])[0]
    new, title = str(int(old) + scene.pick((-2, 5, 10, 20))), threads[post["thread_id"]]["title"]
    text = post["text"].replace(f"${old}", f"${new}")
    scene.click(scene.phrase("My own page lists my posts.", "I look at my posts."), "link", site.user)
    scene.see("It should be further down.", title)
    scene.click("This is the thread.", "link", title)
    scene.click(scene.phrase("My post can be edited.", "Here is my post with its link."), "link", "Edit")
    scene.type(f"The same words with ${new}.", "textbox", "Text", text)
    scene.click("I save it.", "button", "Save changes")
    scene.gold("edit_post", post_id=post["id"], text=text)
    scene.mention("posts", "text", [new], [max(re.split(r"\W*\$\d+\W*", post["text"]), key=len)], never=[old])
    return Draft(
        scene.phrase(
            'In my post in "{title}" I wrote ${old}. Make it ${new} and leave the rest as it is.',
            "I mistyped a price in the thread {title}: my post says ${old}, right is ${new}. Please fix just that.",
            "my post in {title}: ${old} -> ${new}, nothing else",
            title=title,
            old=old,
            new=new,
        ),
        thought=scene.phrase("The post is corrected.", "It says ${new} now.", new=new),
    )


def board_name(scene: Scene, thread: Row) -> str:
    return scene.site.boards[thread["board"]].name


def _other_post(scene: Scene) -> tuple[Row, Row]:
    """A reply by somebody else, who has written only once in its thread, on the thread's first page."""
    thread = scene.pick([row for row in scene.site.summaries() if row["replies"]])
    posts = scene.site.posts(thread["id"])
    authors = [post["author"] for post in posts]
    fitting = [p for p in posts[1:8] if authors.count(p["author"]) == 1 and p["author"] != scene.site.user]
    return thread, scene.pick([post for post in fitting if not post["vote"]])


def _open_board(scene: Scene, thread: Row) -> None:
    """Open the thread's board, at the page of its list that has it."""
    rows = sorted(scene.site.summaries(board=thread["board"]), key=lambda row: row["last"]["created"], reverse=True)
    ids = [row["id"] for row in sorted(rows, key=lambda row: not row["pinned"])]
    titles = {row["id"]: row["title"] for row in rows}
    name = board_name(scene, thread)
    if scene.steps:
        scene.click(scene.phrase("Back to the boards.", "I go to the list of boards."), "link", "Boards")
    scene.click(scene.phrase("I open {b}.", "{b} is the board.", "To the board {b}.", b=name), "link", name)
    for page in range(ids.index(thread["id"]) // _PER_PAGE):
        scene.see("I go through the list.", titles[ids[page * _PER_PAGE + _PER_PAGE - 1]])
        scene.click("Not on this page of the list.", "link", "Next")
    scene.see("It should be further down the list.", thread["title"])


def open_thread(scene: Scene, thread: Row) -> None:
    _open_board(scene, thread)
    scene.click(scene.phrase("There it is.", "This is the thread.", "I open it."), "link", thread["title"])
