"""Every site: its pages open, nothing that is sent breaks it, and equal seeds give equal sites."""

import random
import re
import time
from collections import Counter
from datetime import timedelta
from itertools import islice
from urllib.parse import urlencode, urljoin

import pytest

from envs.errors import UsageError
from envs.web.sites.admin import Admin
from envs.web.sites.booking import Booking
from envs.web.sites.forum import Forum
from envs.web.sites.recipes import Recipes
from envs.web.sites.shop import Shop
from envs.web.sites.wiki import Wiki
from tests.site_client import SCRIPT, Client, Page, crawl, shows

pytest.importorskip("starlette")
pytest.importorskip("jinja2")

SITES = (Shop, Forum, Wiki, Booking, Recipes, Admin)


def kind(address: str) -> str:
    """What the addresses of one page for different things have in common."""
    return re.sub(r"_\d+|/wiki/.*|/u/.*|\?.*", "", address)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("seed", range(4))
def test_every_page_that_is_linked_opens(site, seed):
    client = Client(site(f"crawl/{seed}", 1, novel=seed % 2 == 1))
    visited = Counter()
    for path, text in islice(crawl(client), 100):
        assert client.status == 200, path
        assert text.split("<title>")[1].split("</title>")[0].strip(" -"), path
        visited[kind(path)] += 1
    assert len(visited) > 5


@pytest.mark.parametrize("site", SITES)
def test_random_clicks_and_forms_never_break_a_site(site):
    client, tried, rng = Client(site("monkey", 1)), Counter(), random.Random(7)
    words = ["", "0", "3", "-1", "9" * 30, "2025-02-30", "9999-12-31", "lamp", "onion", "SAVE15", "[[a]]", SCRIPT]
    words += [(client.site.today + timedelta(days)).isoformat() for days in (1, 3, 20)]
    text = client.get("/")
    for _ in range(250):
        page = Page(text)
        links = [(urljoin(client.path, link), None) for link in [*page.links, "/"]]
        forms = [(urljoin(client.path, form["action"] or client.path), form) for form in page.forms]
        path, form = min(links + forms, key=lambda step: (tried[kind(step[0])], rng.random()))
        tried[kind(path)] += 1
        given = form["fields"].items() if form else ()
        fields = {name: rng.choice([*values, rng.choice(words)]) for name, values in given}
        if form and form["method"] == "post":
            text = client.post(path, **fields)
        else:
            text = client.get(f"{path.split('?')[0]}?{urlencode(fields)}" if form else path)
        assert client.status in (200, 404, 409), client.path
        assert SCRIPT not in text
    assert client.site.state.rows() != client.site.start
    assert len(tried) > 15


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    "path",
    "/nothing /p/prd_1 /orders/x/return/y /t/thr_1 /wiki/Nowhere /u/nobody /rooms/rom_1 /bookings/bkg_1 "
    "/recipes/rcp_1 /plan/pln_1 /users/usr_1 /invoices/inv_1".split(),
)
def test_a_missing_page_says_so(site, path):
    client = Client(site("missing"))
    assert shows(client.get(path), "Page not found")
    assert client.status == 404


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("query", ["page=abc", "page=-4", "page=100000", "low=x&high=&stars=9&sort=z", "section=77"])
def test_odd_addresses_are_answered(site, query):
    client = Client(site("odd"))
    for path in ("/", "/search", "/orders", "/changes"):
        client.get(f"{path}?{query}")
        assert client.status in (200, 404)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("novel", [False, True])
def test_equal_seeds_give_equal_sites(site, novel):
    first, second, other = (site(seed, 1, novel) for seed in ("a", "a", "b"))
    assert first.state.rows() == second.state.rows() == first.start
    assert first.start != other.start
    assert list(islice(crawl(Client(first)), 25)) == list(islice(crawl(Client(second)), 25))


@pytest.mark.parametrize(("site", "size"), [(site, size) for site in SITES for size in (1, 10)])
def test_sites_are_built_quickly(site, size):
    start = time.perf_counter()
    built = site("speed", size)
    assert time.perf_counter() - start < 0.5 * size, "a site is built for every episode and once more for its grading"
    least = 200 if site in (Shop, Forum, Wiki) else 45
    assert sum(len(rows) for rows in built.start.values()) > least * size


@pytest.mark.parametrize("site", SITES)
def test_an_unknown_operation_is_the_users_mistake(site):
    with pytest.raises(UsageError, match="no operation"):
        site("x").do("delete_everything")
