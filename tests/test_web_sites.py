"""The shop, the forum and the wiki: forms that do what operations do, and what is not allowed."""

from datetime import date, timedelta
from urllib.parse import urlencode

import pytest

from envs.records import differences
from envs.web.sites.base import Refused
from envs.web.sites.forum import Forum
from envs.web.sites.shop import Shop
from envs.web.sites.shop_catalogue import Filters, Product, select
from envs.web.sites.wiki import Wiki
from tests.site_client import SCRIPT, Client, shows

pytest.importorskip("starlette")
pytest.importorskip("jinja2")


def product(shop: Shop, **wanted) -> Product:
    """A product in stock, with or without options."""
    return next(
        item
        for item in shop.products.values()
        if shop.stock(item.id) > 4 and bool(item.options) == wanted.get("options", False)
    )


def test_novel_content_is_not_seen_in_training():
    seen, novel = Shop("n", 4), Shop("n", 4, novel=True)
    assert not set(seen.departments) & set(novel.departments)
    assert not {p.brand for p in seen.products.values()} & {p.brand for p in novel.products.values()}
    assert not set(Forum("n").boards) & set(Forum("n", novel=True).boards)
    assert not set(Forum("n", 3).members) & set(Forum("n", 3, novel=True).members)
    titles = [{page["title"] for page in Wiki("n", 3, novel).pages()} for novel in (False, True)]
    assert not titles[0] & titles[1]


# --- shop -------------------------------------------------------------------------------------------------------------


def test_catalogue_has_thousands_of_products_with_near_duplicates():
    shop = Shop("many", 10)
    assert len({item.name for item in shop.products.values()}) == len(shop.products) == 2500
    by_series = {}
    for item in shop.products.values():
        by_series.setdefault((item.family.category, item.brand, item.series, item.noun, item.features[1:]), []).append(
            item
        )
    assert sum(len(items) > 1 for items in by_series.values()) > 200
    assert all(item.choices for item in shop.products.values())


def test_search_narrows_and_sorts():
    shop = Shop("search", 4)
    found = select(shop.products.values(), Filters(q="stainless steel water bottles"))
    assert found
    assert {item.family.category for item in found} == {"Water bottles"}
    assert all("Stainless Steel" in item.kind for item in found)
    cheap = select(shop.products.values(), Filters(category="Hoodies", high=4000, stars=4.0, sort="price-down"))
    assert [item.price for item in cheap] == sorted((item.price for item in cheap), reverse=True)
    assert all(item.price <= 4000 and item.stars >= 4 for item in cheap)
    assert select(shop.products.values(), Filters(q="zzz")) == []
    text = Client(shop).get("/search?category=Water+bottles&feature=leak+proof&feature=BPA+free&sort=price-up")
    expected = select(
        shop.products.values(),
        Filters(category="Water bottles", features=("leak proof", "BPA free"), sort="price-up"),
    )
    assert [text.index(f'"/p/{item.id}"') for item in expected] == sorted(
        text.index(f'"/p/{item.id}"') for item in expected
    )
    assert f"{len(expected)} product" in text


def test_suggestions_are_links_to_products():
    shop = Shop("suggest")
    client = Client(shop)
    name = product(shop).noun.split()[0]
    assert '"href":"/' in client.get(f"/suggest?q={name}")
    assert client.get("/suggest?q=z") == "[]"


def test_shopping_through_forms_equals_shopping_by_operations():
    page, gold = Shop("buy"), Shop("buy")
    client, item = Client(page), product(page, options=True)
    choice = item.choices[0]
    for line in page.state.find("cart"):
        client.post(f"/cart/{line['id']}/remove")
        gold.remove_from_cart(line["id"])
    fields = dict(zip((option.name for option in item.options), choice, strict=True))
    text = client.post("/cart/add", product=item.id, quantity="1", **fields)
    assert shows(text, f"Added to your cart: {item.name}.")
    assert not shows(client.get("/cart"), "Added to your cart"), "a message is shown once"
    line = page.state.find("cart")[0]["id"]
    client.post(f"/cart/{line}/quantity", quantity="2")
    client.post("/coupon", code="welcome10")
    work = page.state.find("addresses", label="Work")[0]["id"]
    text = client.post("/checkout", address=work, delivery="express", payment="Invoice", note="Ring twice")
    assert shows(text, "Thank you, your order is placed.")
    gold.do("add_to_cart", product_id=item.id, choice=list(choice))
    gold.do("set_quantity", line_id=line, quantity=2)
    gold.do("apply_coupon", code="WELCOME10")
    gold.do("place_order", address_id=work, delivery="express", payment="Invoice", note="Ring twice")
    assert differences(page.start, page.state.rows(), gold.state.rows(), {}) == []
    order = page.state.find("orders")[-1]
    subtotal = 2 * item.price_of(choice)
    assert (order["discount"], order["shipping"]) == (subtotal // 10, 1299)
    assert order["total"] == subtotal - subtotal // 10 + 1299
    assert page.stock(item.id) == Shop("buy").stock(item.id) - 2
    assert page.state.find("cart") == []


def test_the_shop_refuses():
    shop = Shop("no")
    plain, chosen = product(shop), product(shop, options=True)
    gone = next(row["id"] for row in shop.state.find("products") if row["stock"] == 0)
    sold_out = next(item for item in shop.products.values() if item.sold_out and shop.stock(item.id))
    refusals = {
        "choose": ("add_to_cart", {"product_id": chosen.id}),
        "out of stock": ("add_to_cart", {"product_id": gone, "choice": list(shop.products[gone].choices[0])}),
        "sold out": ("add_to_cart", {"product_id": sold_out.id, "choice": list(min(sold_out.sold_out))}),
        "1 to 10": ("add_to_cart", {"product_id": plain.id, "quantity": 11}),
        "no coupon": ("apply_coupon", {"code": "FREE"}),
        "expired": ("apply_coupon", {"code": "SPRING25"}),
        "five digits": ("add_address", {"label": "a", "recipient": "b", "street": "c", "postcode": "12", "city": "d"}),
        "default address": ("delete_address", {"address_id": shop.state.find("addresses")[0]["id"]}),
        "have received": ("write_review", {"product_id": unbought(shop).id, "stars": 5, "title": "a", "text": "b"}),
    }
    for message, (name, arguments) in refusals.items():
        with pytest.raises(Refused, match=message):
            shop.do(name, **arguments)
    assert shop.state.rows() == shop.start


def unbought(shop: Shop) -> Product:
    bought = {line["product_id"] for line in shop.state.find("order_lines")}
    return next(item for item in shop.products.values() if item.id not in bought)


def test_a_coupon_serves_once_and_only_what_it_is_for():
    shop = Shop("coupon", 2)
    for line in shop.state.find("cart"):
        shop.remove_from_cart(line["id"])
    item = product(shop)
    other = next(coupon for coupon in shop.coupons if coupon.department not in ("", item.family.department))
    shop.add_to_cart(item.id)
    with pytest.raises(Refused, match="none of it in your cart"):
        shop.apply_coupon(other.code)
    address = shop.state.find("addresses")[0]["id"]
    shop.apply_coupon("WELCOME10")
    shop.place_order(address, "pickup", "Invoice")
    shop.add_to_cart(item.id)
    with pytest.raises(Refused, match="used the coupon"):
        shop.apply_coupon("WELCOME10")
    with pytest.raises(Refused, match="or more"):
        shop.apply_coupon("BIG20") if item.price < 12000 else shop.apply_coupon("WELCOME10")


def test_orders_can_be_cancelled_or_returned_in_time_only():
    shop = Shop("orders")
    by_status = {order["status"]: order for order in shop.state.find("orders")}
    reason = shop.CANCEL_REASONS[0]
    with pytest.raises(Refused, match="it is shipped"):
        shop.cancel_order(by_status["shipped"]["id"], reason)
    order = by_status["processing"]
    line = shop.state.find("order_lines", order_id=order["id"])[0]
    before = shop.stock(line["product_id"])
    client = Client(shop)
    assert shows(client.post(f"/orders/{order['id']}/cancel", reason=reason), "The order was cancelled.")
    assert shop.stock(line["product_id"]) == before + line["quantity"]
    limit = (shop.today - timedelta(30)).isoformat()
    delivered = [order for order in shop.state.find("orders") if order["status"] == "delivered"]
    late, fresh = ([o for o in delivered if (o["delivered"] < limit) is is_late] for is_late in (True, False))
    line = shop.state.find("order_lines", order_id=late[0]["id"])[0]
    text = client.post(f"/orders/{late[0]['id']}/return/{line['id']}", quantity="1", reason=shop.RETURN_REASONS[0])
    assert client.status == 409
    assert shows(text, "The 30 days for a return are over")
    line = shop.state.find("order_lines", order_id=fresh[0]["id"])[0]
    client.post(f"/orders/{fresh[0]['id']}/return/{line['id']}", quantity="1", reason=shop.RETURN_REASONS[0])
    assert [row["line_id"] for row in shop.state.find("returns")] == [line["id"]]
    with pytest.raises(Refused, match="already"):
        shop.return_item(line["id"], 1, shop.RETURN_REASONS[0])


def test_dates_of_orders_are_in_order():
    for seed in range(20):
        shop = Shop(f"dates/{seed}")
        for order in shop.state.find("orders"):
            placed = date.fromisoformat(order["placed"])
            assert placed <= shop.today
            assert order["delivered"] is None or placed < date.fromisoformat(order["delivered"]) <= shop.today
        assert {"processing", "shipped", "delivered"} <= {order["status"] for order in shop.state.find("orders")}


def test_reviews_are_shown_and_escaped():
    shop = Shop("review")
    order = next(order for order in shop.state.find("orders") if order["status"] == "delivered")
    item = shop.state.find("order_lines", order_id=order["id"])[0]["product_id"]
    text = Client(shop).post(f"/p/{item}/review", stars="4", title=SCRIPT, text=f"nice {SCRIPT}")
    assert SCRIPT not in text
    assert shows(text, f"nice {SCRIPT}")
    shop.write_review(item, 2, "Later", "I changed my mind.")
    assert [row["stars"] for row in shop.state.find("reviews")] == [2]


# --- forum ------------------------------------------------------------------------------------------------------------


def thread(forum: Forum, own_board: bool, locked: bool = False) -> str:
    return next(
        row["id"]
        for row in forum.state.find("threads", locked=locked)
        if (row["board"] == forum.moderates) is own_board
    )


def others_post(forum: Forum, thread_id: str) -> str:
    return next(post["id"] for post in forum.posts(thread_id) if post["author"] != forum.user and not post["removed"])


def test_writing_in_the_forum_through_forms_equals_operations():
    page, gold = Forum("write"), Forum("write")
    client, place = Client(page), thread(page, own_board=False)
    post, board = others_post(page, place), page.moderates
    assert shows(client.post(f"/b/{board}/new", title="A new thing", text="What is it?"), "Your thread is published.")
    client.post(f"/t/{place}/reply", text="I agree.")
    client.post(f"/post/{post}/vote", value="1")
    client.post(f"/t/{place}/bookmark")
    client.post(f"/post/{post}/report", reason="Spam", note="again")
    gold.start_thread(board, "A new thing", "What is it?")
    gold.reply(place, "I agree.")
    gold.vote(post, 1)
    gold.remove_bookmark(place) if page.state.find("bookmarks", thread_id=place) == [] else gold.bookmark(place)
    gold.report(post, "Spam", "again")
    assert differences(page.start, page.state.rows(), gold.state.rows(), {}) == []
    mine = page.state.find("posts", author=page.user)[-1]["id"]
    assert shows(client.post(f"/post/{mine}/edit", text=SCRIPT), SCRIPT)
    assert shows(client.post(f"/post/{mine}/delete"), "Your post was deleted.")


def test_a_vote_counts_once_and_can_be_taken_back():
    forum = Forum("vote")
    post = others_post(forum, thread(forum, own_board=False))
    before = forum.scored(forum.row("posts", post))["score"]
    for value, gain in ((1, 1), (1, 1), (-1, -1), (0, 0)):
        forum.vote(post, value)
        assert forum.scored(forum.row("posts", post))["score"] == before + gain
    assert forum.state.rows() == forum.start


def test_the_forum_refuses():
    forum = Forum("no", 4)
    own = next(
        post["id"]
        for post in forum.state.find("posts", author=forum.user)
        if not forum.row("threads", post["thread_id"])["locked"]
    )
    other, foreign = others_post(forum, thread(forum, own_board=False)), thread(forum, own_board=False)
    title = forum.row("threads", foreign)
    refusals = [
        ("your own post", "vote", {"post_id": own, "value": 1}),
        ("not your post", "edit_post", {"post_id": other, "text": "x"}),
        ("not your post", "delete_post", {"post_id": other}),
        ("needs a text", "reply", {"thread_id": foreign, "text": "  "}),
        ("is locked", "reply", {"thread_id": thread(forum, False, locked=True), "text": "x"}),
        ("5 to 120", "start_thread", {"board": forum.moderates, "title": "Hi", "text": "x"}),
        ("already", "start_thread", {"board": title["board"], "title": title["title"].upper(), "text": "x"}),
        ("moderates", "lock_thread", {"thread_id": foreign, "locked": True}),
        ("moderates", "remove_post", {"post_id": other, "reason": "Spam"}),
        ("choose a reason", "report", {"post_id": other, "reason": "ugly"}),
        ("yourself", "follow", {"member": forum.user}),
    ]
    for message, name, arguments in refusals:
        with pytest.raises(Refused, match=message):
            forum.do(name, **arguments)
    assert forum.state.rows() == forum.start


def test_a_moderator_rules_one_board():
    forum = Forum("mod", 2)
    client, place = Client(forum), thread(forum, own_board=True)
    report = forum.open_reports()[0]
    text = client.post(f"/post/{report['post_id']}/remove", reason="Spam")
    assert shows(text, "Removed by the moderator: Spam")
    article = text.split(f'id="{report["post_id"]}"')[1].split("</article>")[0]
    assert not shows(article, report["post"]["text"])
    assert forum.state.find("reports", id=report["id"])[0]["status"] == "removed"
    left = forum.open_reports()[0]
    client.post(f"/post/{left['post_id']}/dismiss")
    assert forum.state.find("reports", id=left["id"])[0]["status"] == "dismissed"
    client.post(f"/t/{place}/moderate", action="lock")
    client.post(f"/t/{place}/moderate", action="pin")
    assert (forum.row("threads", place)["locked"], forum.row("threads", place)["pinned"]) == (True, True)
    board = next(slug for slug in forum.boards if slug != forum.moderates)
    client.post(f"/t/{place}/moderate", action="move", board=board)
    assert forum.row("threads", place)["board"] == board
    client.post(f"/t/{place}/moderate", action="unlock")
    assert client.status == 409


def test_forum_search_finds_words_and_authors():
    forum = Forum("find", 3)
    post = forum.state.find("posts")[40]
    text = Client(forum).get("/search?" + urlencode({"q": post["text"].split()[1], "author": post["author"]}))
    assert forum.place_of(post).split("#")[0].split("?")[0] in text
    assert shows(Client(forum).get("/search?q=qqqqq"), "Nothing found.")


def test_own_threads_can_be_deleted_until_somebody_answers():
    forum = Forum("delete")
    forum.start_thread(forum.moderates, "Short lived", "Nothing to see.")
    new = forum.state.find("threads")[-1]["id"]
    forum.bookmark(new)
    forum.delete_post(forum.state.find("posts")[-1]["id"])
    assert forum.state.rows() == forum.start
    forum.start_thread(forum.moderates, "Short lived", "Nothing to see.")
    new, first = forum.state.find("threads")[-1]["id"], forum.state.find("posts")[-1]["id"]
    forum.reply(new, "Anybody?")
    with pytest.raises(Refused, match="with replies"):
        forum.delete_post(first)


# --- wiki -------------------------------------------------------------------------------------------------------------


def free_article(wiki: Wiki) -> str:
    return next(page["title"] for page in wiki.pages() if not page["protected"])


def test_editing_through_forms_equals_operations():
    page, gold = Wiki("edit"), Wiki("edit")
    client, title = Client(page), free_article(page)
    facts = page.latest(page.article(title)["id"])["facts"]
    changed = [[facts[0][0], "Elsewhere"], *facts[1:]]
    names, values = zip(*changed, strict=True)
    client.post(page.url("facts", title), name=[*names, ""], value=[*values, ""], summary="moved")
    client.post(page.url("section", title), heading="Trivia", text="Two lines.\r\nSee [[Nowhere|this]].", summary="new")
    client.post(page.url("categories", title), categories="One, Two ,One", summary="sorted")
    client.post(page.url("watch", title))
    client.post("/create", title="  New  thing ", text="A thing.", categories="Things", summary="")
    client.post(page.url("talk", title), topic="Why?", text="Because.")
    gold.edit_facts(title, changed, "moved")
    gold.add_section(title, "Trivia", "Two lines.\nSee [[Nowhere|this]].", "new")
    gold.set_categories(title, ["One", "Two"], "sorted")
    gold.unwatch(title) if gold.watched(gold.article(title)["id"]) else gold.watch(title)
    gold.create_article("New thing", "A thing.", ["Things"])
    gold.start_topic(title, "Why?", "Because.")
    assert differences(page.start, page.state.rows(), gold.state.rows(), {}) == []
    text = client.get(page.url("wiki", title))
    assert '<a href="/create?title=Nowhere" class="new">this</a>' in text
    assert shows(client.get("/wiki/New_thing"), "A thing.")


def test_revert_brings_back_the_old_text_and_keeps_the_history():
    wiki = Wiki("revert")
    title = free_article(wiki)
    article = wiki.article(title)["id"]
    before = wiki.revisions(article)
    wiki.edit_section(title, "", "Spoiled.", "ha")
    client = Client(wiki)
    assert shows(client.get(f"/compare/{wiki.latest(article)['id']}"), "Added: Spoiled.")
    text = client.post(f"/revert/{before[-1]['id']}")
    assert not shows(text, "Spoiled.")
    after = wiki.revisions(article)
    assert len(after) == len(before) + 2
    assert wiki.text_of(after[-1]) == wiki.text_of(before[-1])


def test_the_wiki_refuses():
    wiki = Wiki("no")
    title = free_article(wiki)
    page = wiki.latest(wiki.article(title)["id"])
    protected = next(page for page in wiki.pages() if page["protected"])
    watched = next(page["title"] for page in wiki.pages() if wiki.watched(page["id"]))
    refusals = [
        ("protected", "edit_section", {"title": protected["title"], "heading": "", "text": "x"}),
        ("protected", "revert", {"revision_id": wiki.revisions(protected["id"])[0]["id"]}),
        ("Nothing was changed", "edit_facts", {"title": title, "facts": page["facts"]}),
        ("Nothing was changed", "revert", {"revision_id": page["id"]}),
        ("no section", "edit_section", {"title": title, "heading": "Nope", "text": "x"}),
        ("cannot be empty", "edit_section", {"title": title, "heading": "", "text": " "}),
        ("already", "create_article", {"title": title.upper(), "text": "x"}),
        ("none of", "create_article", {"title": "a/b", "text": "x"}),
        ("already", "watch", {"title": watched}),
        ("no such topic", "comment", {"topic_id": "top_1", "text": "x"}),
    ]
    for message, name, arguments in refusals:
        with pytest.raises(Refused, match=message):
            wiki.do(name, **arguments)
    assert wiki.state.rows() == wiki.start


def test_wiki_links_lead_both_ways():
    wiki = Wiki("links", 2)
    client = Client(wiki)
    for page in wiki.pages()[:40]:
        for target in wiki.links_of(page):
            assert wiki.exists(target)
    source = next(page for page in wiki.pages() if wiki.links_of(page))
    target = min(wiki.links_of(source))
    assert wiki.url("wiki", target) in client.get(wiki.url("wiki", source["title"]))
    titles = [page["title"] for page in wiki.pages() if target in wiki.links_of(page)]
    assert f"{len(titles)} article" in client.get(wiki.url("links", target))


def test_wiki_text_is_escaped():
    wiki = Wiki("escape")
    title = free_article(wiki)
    wiki.add_section(title, SCRIPT, f"[[{SCRIPT}|{SCRIPT}]] {SCRIPT}", SCRIPT)
    wiki.set_categories(title, [SCRIPT])
    client = Client(wiki)
    for path in (wiki.url("wiki", title), wiki.url("history", title), "/changes", "/categories"):
        text = client.get(path)
        assert client.status == 200
        assert SCRIPT not in text
        assert "<img src=x" not in text


def test_an_exact_title_opens_its_article():
    wiki = Wiki("exact")
    title = wiki.pages()[5]["title"]
    client = Client(wiki)
    client.get("/search?" + urlencode({"q": title.lower()}))
    assert client.path == wiki.url("wiki", title)


def test_several_values_of_one_filter_stay_when_one_turns_the_page():
    from starlette.requests import Request

    from envs.web.sites.pages import number, paged

    request = Request({"type": "http", "query_string": b"diet=Vegan&diet=Gluten-free&page=1&empty=", "headers": []})
    assert paged(request, range(50), 20).link(2) == "?diet=Vegan&diet=Gluten-free&page=2"
    assert [number(text, 7) for text in ("--5", "-5", "", "x", "1" * 12, "٣")] == [7, -5, 7, 7, 7, 7]
