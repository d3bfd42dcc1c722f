"""How fast a server is asked: pauses, the window of calls in flight, allowances. All in fake time."""

import asyncio
import email.utils
import time

import pytest

from rollout.pacing import Pace, retry_after
from rollout.policy import PolicyError
from tests.fake_time import run_in_fake_time


def now() -> float:
    return asyncio.get_running_loop().time()


class Server:
    """Takes calls in turn through `Pace` and notes when each was sent; `judge(server)` returns headers, or refuses."""

    def __init__(self, judge, seconds: float = 0.0):
        self.judge, self.seconds = judge, seconds
        self.sent: list[float] = []
        self.taken, self.refusals, self.flying, self.most = 0, 0, 0, 0

    async def call(self, pace: Pace, tokens: int = 10) -> None:
        """One call, sent again until it is taken."""
        while True:
            number = await pace.start(tokens)
            self.sent.append(now())
            self.flying += 1
            self.most = max(self.most, self.flying)
            headers = self.judge(self)
            if not isinstance(headers, Refused):
                await asyncio.sleep(self.seconds)
            self.flying -= 1
            if isinstance(headers, Refused):
                self.refusals += 1
                pace.refused(number, headers)
                pace.end(number)
                continue
            self.taken += 1
            pace.answered(number, headers)
            pace.end(number)
            return


class Refused(dict):
    """The headers of a refusal."""


def play(server: Server, calls: int) -> None:
    async def go():
        pace = Pace()
        await asyncio.gather(*(server.call(pace) for _ in range(calls)))

    run_in_fake_time(go())


def test_without_a_refusal_nothing_waits():
    server = Server(lambda _: {}, seconds=1)
    play(server, 500)
    assert max(server.sent) < 0.01
    assert server.most == 500


@pytest.mark.parametrize(("header", "value"), [("retry-after", "7"), ("retry-after-ms", "7000")])
def test_one_refusal_stops_every_call_for_as_long_as_the_server_asks(header, value):
    async def go():
        pace = Pace()
        number = await pace.start(10)
        assert pace.refused(number, {header: value}) == pytest.approx(7)
        pace.end(number)
        waiting = [asyncio.create_task(pace.start(10)) for _ in range(4)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return now()

    assert run_in_fake_time(go()) == pytest.approx(7, abs=0.01)


def test_refusals_without_a_wish_are_waited_for_longer_and_longer_until_a_call_gets_through():
    async def go():
        pace, server = Pace(), Server(lambda s: Refused() if len(s.sent) < 8 or len(s.sent) == 9 else {})
        await server.call(pace)
        await server.call(pace)
        return server.sent

    sent = run_in_fake_time(go())
    assert sent == pytest.approx([0, 0.5, 2, 6.5, 20, 60.5, 120.5, 180.5, 180.5, 181], abs=0.1)


def test_a_refusal_halves_the_calls_in_flight_once_a_round_and_answers_bring_them_back_one_by_one():
    async def go():
        pace = Pace()
        flying = [await pace.start(1) for _ in range(64)]
        for number in flying[:40]:  # all sent before the first of them was refused: one piece of news
            pace.refused(number, {"retry-after": "1"})
            pace.end(number)
        assert pace.window == 32
        for number in flying[40:]:
            pace.answered(number, {})
            pace.end(number)
        assert pace.window == 32, "calls sent before the pause say nothing about the time after it"
        for width in (33, 34):
            flying = [await pace.start(1) for _ in range(int(pace.window))]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5):
                    await pace.start(1)
            for number in flying:
                pace.answered(number, {})
                pace.end(number)
            assert pace.window == pytest.approx(width, abs=0.1)

    run_in_fake_time(go())


def test_a_server_with_room_for_a_few_calls_gets_little_more_than_those():
    server = Server(lambda s: Refused({"retry-after": "0.5"}) if s.flying > 8 else {}, seconds=1.0)
    play(server, 400)
    assert server.taken == 400
    assert server.refusals < 150  # the first 256 at once, and then a probe now and then
    assert max(server.sent) < 2 * 400 / 8


def test_sixty_a_minute_without_a_single_header_ends_without_a_storm():
    def minute(server):
        window = [moment for moment in server.accepted if moment > now() - 60]
        if len(window) >= 60:
            return Refused()
        server.accepted.append(now())
        return {}

    server = Server(minute, seconds=0.1)
    server.accepted = []
    play(server, 300)
    assert server.taken == 300
    assert max(server.sent) < 2 * 300
    late = [moment for moment in server.sent if moment > 1]
    assert len(late) < 3 * 300


class Bucket:
    """OpenAI's limiter: `limit` tokens, filled evenly in a minute; it tells what is left."""

    def __init__(self, limit: int, need: int, kind: str = "tokens"):
        self.limit, self.need, self.kind = limit, need, kind
        self.left, self.since = float(limit), 0.0

    def __call__(self, _):
        rate = self.limit / 60
        self.left = min(self.left + (now() - self.since) * rate, self.limit)
        self.since = now()
        refused = self.left < self.need
        if not refused:
            self.left -= self.need
        reset = f"{(self.limit - self.left) / rate * 1000:.0f}ms"
        values = {"limit": str(self.limit), "remaining": str(int(self.left)), "reset": reset}
        headers = {f"x-ratelimit-{name}-{self.kind}": value for name, value in values.items()}
        return Refused(headers) if refused else headers


@pytest.mark.parametrize("kind", ["tokens", "requests"])
@pytest.mark.parametrize("seconds", [0.0, 1.5])
def test_allowances_are_kept_to_before_the_server_has_to_refuse(kind, seconds):
    need = 10 if kind == "tokens" else 1
    server = Server(Bucket(limit=60 * need, need=need, kind=kind), seconds)

    async def go():
        pace = Pace()
        await server.call(pace)  # the first answer tells
        await asyncio.gather(*(server.call(pace) for _ in range(179)))

    run_in_fake_time(go())
    assert server.refusals == 0
    assert max(server.sent) == pytest.approx(120, rel=0.1)  # 60 at once, the other 120 as they come back


def test_an_idle_hour_earns_no_more_than_the_limit():
    async def go():
        pace, server = Pace(), Server(Bucket(limit=600, need=10), seconds=10)
        await server.call(pace)
        await asyncio.sleep(3600)
        await asyncio.gather(*(server.call(pace) for _ in range(120)))
        return server

    server = run_in_fake_time(go())
    assert server.refusals == 0
    assert server.most == pytest.approx(70, abs=2)  # the limit, and what came back in the ten seconds of a call


def test_an_allowance_without_its_limit_is_waited_for_to_the_reset():
    async def go():
        pace = Pace()
        number = await pace.start(10)
        pace.answered(number, {"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "1m2.5s"})
        pace.end(number)
        started = now()
        await pace.start(6)
        return now() - started

    assert run_in_fake_time(go()) == pytest.approx(62.5, abs=0.01)


def test_a_call_larger_than_the_whole_allowance_is_sent_when_the_allowance_is_whole():
    async def go():
        pace = Pace()
        number = await pace.start(10)
        told = {"limit": "100", "remaining": "0", "reset": "60s"}
        pace.answered(number, {f"x-ratelimit-{name}-tokens": value for name, value in told.items()})
        pace.end(number)
        await pace.start(5000)
        return now()

    assert run_in_fake_time(go()) == pytest.approx(60, abs=0.01)


def test_headers_of_an_older_call_do_not_undo_those_of_a_younger_one():
    def left(tokens):
        return {"x-ratelimit-remaining-tokens": str(tokens), "x-ratelimit-reset-tokens": "30s"}

    async def go():
        pace = Pace()
        older, younger = await pace.start(10), await pace.start(10)
        pace.answered(younger, left(0))
        pace.answered(older, left(1000))
        pace.end(older)
        pace.end(younger)
        await pace.start(10)
        return now()

    assert run_in_fake_time(go()) == pytest.approx(30, abs=0.01)


def test_a_pause_beyond_patience_is_told_at_once_and_nothing_is_sent():
    async def go():
        pace = Pace()
        number = await pace.start(10)
        assert pace.refused(number, {"retry-after": "86400"}) == 86400
        pace.end(number)
        with pytest.raises(PolicyError, match="a pause of 86400 seconds"):
            await pace.start(10)
        return now()

    assert run_in_fake_time(go()) < 0.01


def test_a_caller_that_gives_up_in_the_queue_blocks_nobody():
    async def go():
        pace = Pace()
        number = await pace.start(10)
        pace.refused(number, {"retry-after": "5"})
        pace.end(number)
        waiting = [asyncio.create_task(pace.start(10)) for _ in range(3)]
        await asyncio.sleep(1)
        waiting[0].cancel()
        waiting[1].cancel()
        await waiting[2]
        return now()

    assert run_in_fake_time(go()) == pytest.approx(5, abs=0.01)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
    ],
)
def test_retry_after(headers, seconds):
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date():
    assert retry_after({"retry-after": email.utils.formatdate(time.time() + 30, usegmt=True)}) == pytest.approx(
        30, abs=2
    )


@pytest.mark.parametrize("reset", ["", "tomorrow", "1x", "-5", "2026-01-01T00:00:00Z"])
def test_a_reset_in_a_form_we_do_not_know_is_not_guessed(reset):
    async def go():
        pace = Pace()
        number = await pace.start(10)
        pace.answered(number, {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": reset})
        pace.end(number)
        await pace.start(10)
        return now()

    assert run_in_fake_time(go()) < 0.01
