"""The forum: moderate, and read over several pages."""

from envs.records import Row
from envs.web.templates.base import Draft, Scene, Template, collect
from envs.web.templates.forum import board_name, open_thread

__all__ = ["TEMPLATES"]

TEMPLATES: list[Template] = []
_LEAST_POSTS = 5
"""Fewer to be counted would be guessed."""


@collect(TEMPLATES, 3, "forum")
def tidy_a_thread(scene: Scene) -> Draft:
    site = scene.site
    thread = scene.pick(
        [row for row in site.summaries(board=site.moderates) if not row["locked"] and not row["pinned"]]
    )
    other = scene.pick([topic for slug, topic in site.boards.items() if slug != site.moderates])
    open_thread(scene, thread)
    scene.click(scene.phrase("As moderator I have more buttons.", "The tools are behind this."), "button", "Moderate")
    asked, id = scene.pick(("lock", "pin", "move")), thread["id"]
    if asked == "move":
        scene.select(f"It belongs to {other.name}.", "Move to", other.name)
        scene.click("Now the move itself.", "button", "Move thread")
        scene.gold("move_thread", thread_id=id, board=other.slug)
    else:
        scene.click(f"I {asked} it.", "button", f"{asked.capitalize()} thread")
        scene.gold(f"{asked}_thread", thread_id=id, **{{"lock": "locked", "pin": "pinned"}[asked]: True})
    wish = {
        "lock": ("nobody should be able to reply any more", "please lock it"),
        "pin": ("it should stay at the top of the list", "pin it, please"),
        "move": (f"it belongs to the board {other.name}", f"move it to {other.name}"),
    }[asked]
    return Draft(
        scene.phrase(
            'I moderate {board}. The thread "{title}" there: {wish}.',
            'About "{title}" on my board {board}: {wish}. Nothing else.',
            "{board} / {title}: {wish}",
            board=board_name(scene, thread),
            title=thread["title"],
            wish=scene.pick(wish),
        ),
        thought=scene.phrase("The page says that the thread was changed.", "That is done."),
    )


@collect(TEMPLATES, 3, "forum")
def count_posts(scene: Scene) -> Draft:
    site = scene.site
    posts = [row for row in scene.rows("posts") if not row["removed"]]
    threads = {row["id"]: row for row in site.summaries()}

    def search(words: str, board: str) -> list[Row]:
        there = ((row, threads[row["thread_id"]]) for row in posts)
        return [row for row, thread in there if thread["board"] == board and site.finds(words, row, thread)]

    counts = [
        (board, kit, len(found))
        for board in site.boards.values()
        for kit in board.kits
        if len(found := search(kit, board.slug)) >= _LEAST_POSTS and all(kit in row["text"] for row in found)
    ]
    board, kit, total = scene.pick(counts)
    scene.type("I search for the words first and narrow it down then.", "textbox", "Search", kit, enter=True)
    scene.select(f"Only the board {board.name}.", "Board", board.name)
    scene.click("Now I search again with both.", "button", "Find")
    return Draft(
        scene.phrase(
            "In how many posts on the board {board} is the {kit} mentioned?",
            "How often was the {kit} written about on {board}? Count the posts.",
            "count: posts on {board} with {kit} in them",
            board=board.name,
            kit=kit,
        ),
        thought=scene.phrase("The search counts {n}.", "Results: {n}.", n=total),
        closing=scene.phrase("{n} of them.", "The number of such posts is {n}.", n=total),
        says=((str(total),),),
    )


@collect(TEMPLATES, 4, "forum")
def reward_the_best_reply(scene: Scene) -> Draft:
    threads = [row for row in scene.site.summaries() if 5 <= row["replies"] <= 15 and not row["pinned"]]
    thread = scene.pick(threads)
    posts = scene.site.posts(thread["id"])[1:]
    best = max(posts, key=lambda post: post["score"])
    authors, scores = [p["author"] for p in posts], [p["score"] for p in posts]
    if scores.count(best["score"]) > 1 or best["author"] == scene.site.user or authors.count(best["author"]) > 1:
        raise scene.unfit
    if len(posts) > 7 and posts.index(best) < 7:
        raise scene.unfit  # the best one is read last
    open_thread(scene, thread)
    if len(posts) > 7:
        scene.see("I read all the replies, with their scores.", posts[6]["created"])
        scene.click("The thread goes on.", "link", "Next")
    scene.see("I read on to the last reply.", posts[-1]["created"])
    scene.click(
        f"{best['author']} has the highest score of all replies, {best['score']}.",
        "button",
        "Upvote",
        near=f'"{best["author"]}"',
    )
    scene.gold("vote", post_id=best["id"], value=1)
    scene.click("And now the author.", "link", best["author"])
    if not scene.rows("follows", member=best["author"]):
        scene.click("I follow them.", "button", "Follow")
        scene.gold("follow", member=best["author"])
    return Draft(
        scene.phrase(
            'Which reply in "{title}" ({board}) has the best score? Upvote it, and follow its author if I do not yet.',
            "Look through the replies to {title} on {board}. Vote up the one with the best score and see to it that I "
            "follow who wrote it.",
            "{board}, {title}: upvote the top-scored reply (not the opening post) + follow its author",
            title=thread["title"],
            board=board_name(scene, thread),
        ),
        thought=scene.phrase("Voted, and {a} is followed.", "Both are done for {a}.", a=best["author"]),
    )


@collect(TEMPLATES, 4, "forum")
def settle_the_reports(scene: Scene) -> Draft:
    site = scene.site
    scene.click("The open reports are under Moderation.", "link", f"Moderation ({len(site.open_reports())})")
    spammers = 0
    while reports := site.open_reports():
        report = reports[0]
        if sum(other["post_id"] == report["post_id"] for other in reports) > 1:
            raise scene.unfit
        author, near = report["post"]["author"], f"reported by {report['reporter']}"
        if sum(other["reporter"] == report["reporter"] for other in reports) > 1:
            near = ""  # the first of the list
        if report["reason"] == "Spam":
            spammers += 1
            scene.click(f"What {author} wrote is an advertisement.", "link", "Remove post", near=near)
            scene.select("It is spam.", "Reason", "Spam")
            scene.click("It goes.", "button", "Remove post")
            scene.gold("remove_post", post_id=report["post_id"], reason="Spam")
            scene.click("The next report.", "link", f"Moderation ({len(site.open_reports())})")
        else:
            scene.click(f"{author} asks a sensible question, so the post stays.", "button", "Dismiss report", near=near)
            scene.gold("dismiss_reports", post_id=report["post_id"])
    if not spammers:
        raise scene.unfit
    return Draft(
        scene.phrase(
            "Please work through the reports on my board: remove what is spam (reason Spam), dismiss the others.",
            "I am the moderator and have no time today. Remove the reported posts that are spam, with Spam as the "
            "reason, and dismiss all other reports.",
            "settle all open reports: spam out (reason: Spam), rest dismissed",
        ),
        thought=scene.phrase("All reports are settled.", "The list of reports is empty."),
    )


@collect(TEMPLATES, 5, "forum")
def keep_the_most_active(scene: Scene) -> Draft:
    site = scene.site
    counts = {row["member"]: 0 for row in scene.rows("follows")}
    for post in scene.rows("posts"):
        if post["author"] in counts and not post["removed"]:
            counts[post["author"]] += 1
    thread = scene.pick([row for row in site.summaries() if row["author"] not in (*counts, site.user)])
    third = thread["author"]
    counts[third] = sum(row["author"] == third and not row["removed"] for row in scene.rows("posts"))
    ranked = sorted(counts, key=counts.__getitem__)
    if len({*counts.values()}) < 3 or ranked[0] == third:
        raise scene.unfit
    open_thread(scene, thread)
    scene.click(f"{third} started it.", "link", third)
    for member in [name for name in counts if name != third]:
        scene.click(f"{_activity(counts, member, third)} Whom do I follow?", "link", "Following")
        scene.click(f"Next {member}.", "link", member)
    least = ranked[0]
    last = [name for name in counts if name != third][-1]
    comparison = ", ".join(f"{name} {count}" for name, count in counts.items())
    if least != last:
        scene.click(f"Posts: {comparison}. {least} has the fewest.", "link", "Following")
        scene.click(f"I go back to {least}.", "link", least)
    scene.click(f"{least} has written the least, so I unfollow.", "button", "Unfollow")
    scene.gold("unfollow", member=least)
    open_thread(scene, thread)
    scene.click(f"And {third} has more posts, so they are to be followed.", "link", third)
    scene.click("Follow.", "button", "Follow")
    scene.gold("follow", member=third)
    return Draft(
        scene.phrase(
            'Compare the number of posts of the two members I follow and of the one who started "{title}" ({board}). '
            "Of the three I want to follow the two with the most posts.",
            "I only follow two people at a time: the most active. Take the starter of {title} on {board} and those I "
            "follow now, and keep the two with the most posts.",
            title=thread["title"],
            board=board_name(scene, thread),
        ),
        thought=f"Now I follow {ranked[1]} and {ranked[2]}, who have written more than {least}.",
    )


def _activity(counts: dict[str, int], member: str, third: str) -> str:
    names = [third, *(name for name in counts if name != third)]
    before = names[names.index(member) - 1]
    return f"{before} has {counts[before]} posts."
