"""`ChatPolicy`: any model behind an OpenAI-compatible server, hosted or your own.

Who retries what: everything here, nothing in the SDK. A try has `timeout` seconds in all, not between two bytes. After
408, 409, any 5xx, a refused or dropped connection, a timeout, an answer that cannot be read (broken JSON, no choice, no
text, a reply that the server itself broke off) or that is not ours (`rollout.provenance`), the request is sent again,
`retries` times, each after what `Retry-After` asks for or else 0.5 s doubling to 8 s. The defaults fit the engine's
deadline of an episode: six tries of 90 s and their waits are 556 s.

A refusal for lack of room (429, or 503 with a `Retry-After`) holds up every call of the policy (`rollout.pacing`), and
counts as a failed try only where no other call got through since the one before. Anything else (an unknown model, a
`Retry-After` over two minutes) fails at once with the server's own sentence; a refused key or an empty account ends the
whole run.
"""

import asyncio
import json
import math
import os
import random
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import aiohttp
import httpx2
import openai

from envs.errors import UsageError
from rollout import native
from rollout.answers import Unreadable, read, usage_of
from rollout.meter import Meter
from rollout.pacing import PATIENCE_SECONDS, Pace, retry_after
from rollout.policies import Sampling
from rollout.policy import ContextFull, Episode, PolicyError, Reply
from rollout.provenance import Provenance
from rollout.response_cache import ResponseCache
from rollout.spec import host_of, is_loopback, parse_spec

__all__ = ["ChatPolicy"]

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECONDS = 10.0
TRY_SECONDS = 90.0

# How servers say that the conversation is too long: OpenAI and vLLM "maximum context length", SGLang "the model's
# context length", llama.cpp "available context size", older vLLM "maximum model length".
_FULL = re.compile(r"context[ _](length|size|window)|maximum model length", re.IGNORECASE)
_PASSING = (408, 409)
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0
_OPTIONS = ("tools", "served", "timeout")


class _Again(Exception):
    """A try failed, and the next may not.

    Args:
        reason: why, for people.
        wait: seconds to wait before; None leaves it to the caller.
        counts: whether it is one of the tries that a call has.
        event: what the log calls it.
    """

    def __init__(self, reason: str, wait: float | None = None, counts: bool = True, event: str = "retry"):
        super().__init__(reason)
        self.wait, self.counts, self.event = wait, counts, event


class ChatPolicy:
    """One model on one server. Nothing is sent before the first `act`.

    A request holds `model`, `messages` as they stand in the episode, `temperature`, `top_p`, `max_tokens`, and `seed`
    when `sampling.seed` is set; no stop words. A server that refuses `max_tokens` by name (OpenAI's reasoning models)
    gets `max_completion_tokens` from then on.

    Args:
        model: the name by which the server knows the model.
        sampling: how tokens are drawn.
        base_url: where the API is, with its `/v1`; by default OPENAI_BASE_URL, else OpenAI's own.
        api_key: by default OPENAI_API_KEY. It is sent to `base_url`; only OpenAI's own must have one.
        timeout: seconds after which one try is given up.
        retries: how often a failed try is repeated.
        native_tools: offer the world's tools as the server's own, see `rollout.native`.
        served: the name under which the model answers, where that is not `model`, see `rollout.provenance`.
        extra: fields that stand in every request besides, e.g. `{"return_token_ids": True}`.

    Raises:
        UsageError: the URL is not one, or OpenAI's own server is meant and there is no key.
    """

    _path = "/chat/completions"
    """Of the requests, below the base URL."""

    def __init__(
        self,
        model: str,
        sampling: Sampling,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = TRY_SECONDS,
        retries: int = 5,
        native_tools: bool = False,
        served: str | None = None,
        extra: Mapping[str, Any] = MappingProxyType({}),
    ):
        self.name, self.sampling = model, sampling
        base_url = base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL
        api_key = api_key or os.environ.get("OPENAI_API_KEY")
        host = host_of(base_url)
        if not api_key and host == host_of(OPENAI_URL):
            raise UsageError(
                f"the model {model!r} needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that needs none, "
                f"or name such a server in the policy ({model}@http://127.0.0.1:8000/v1)"
            )
        self._url = base_url.rstrip("/") + self._path
        self._timeout, self._retries = timeout, retries
        self.native_tools, self._extra = native_tools, dict(extra)
        self._limit_name = "max_tokens"
        self._pace, self._provenance = Pace(), Provenance(model, served)
        self.meter: Meter | None = None
        """Is told of each `retry` and `rate_limit`; the engine sets it."""
        self.cache: ResponseCache | None = None
        """Where an answer is looked for before it is asked for, see `rollout.response_cache`."""
        self._client = openai.AsyncOpenAI(
            api_key=api_key or "none",
            base_url=base_url,
            timeout=openai.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            max_retries=0,
            # A proxy of the environment is for the outside world: it cannot reach this machine's own loopback.
            http_client=openai.DefaultAioHttpClient(trust_env=not is_loopback(host)),
        )

    @classmethod
    def from_spec(cls, spec: str, sampling: Sampling) -> "ChatPolicy":
        """`MODEL` on the server of the environment, or `MODEL@URL`; then perhaps `?tools=native&served=NAME&timeout=S`.

        Raises:
            UsageError: the spec is not of this form, or as the constructor.
        """
        parsed = parse_spec(spec, _OPTIONS)
        if len(parsed.urls) > 1:
            raise UsageError(f"{spec!r} names several servers; only vllm:MODEL@URL,URL... is balanced over them")
        options = parsed.options
        if (tools := options.get("tools", "native")) != "native":
            raise UsageError(f"{spec!r}: tools is {tools!r}, and can only be native; without it they are in the prompt")
        return cls(
            parsed.model,
            sampling,
            base_url=parsed.urls[0] if parsed.urls else None,
            timeout=_positive(options["timeout"], spec) if "timeout" in options else TRY_SECONDS,
            native_tools="tools" in options,
            served=options.get("served"),
        )

    async def act(self, episode: Episode) -> Reply:
        """Ask the server for the next assistant message.

        Raises:
            UsageError: the server refuses the key or wants to be paid, and would for every other episode.
            PolicyError: no readable answer after all retries, or a refusal that no retry mends.
            ContextFull: the server says that the conversation is longer than the model's context.
        """
        body, failed, answers = self._body(episode), 0, self._pace.answers
        if self.cache is not None and (answer := self.cache.get(self._url, self._limited(body), episode)) is not None:
            return self._reply(answer, episode)
        while True:
            try:
                return await self._try(episode, body)
            except _Again as problem:
                others, answers = self._pace.answers > answers, self._pace.answers
                failed += problem.counts and not (others and problem.event == "rate_limit")
                if failed > self._retries:
                    raise PolicyError(f"{self._url}: no reply in {failed} tries, at last {problem}") from problem
                wait = _backoff(failed) if problem.wait is None else problem.wait
                if self.meter is not None:
                    self.meter.event(problem.event, reason=str(problem), wait=wait)
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _body(self, episode: Episode) -> dict[str, Any]:
        sampling, seed = self.sampling, self.sampling.episode_seed(episode)
        body = {
            "model": self.name,
            "messages": episode.messages,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            **({} if seed is None else {"seed": seed}),
            **self._extra,
        }
        return native.request(episode, body) if self.native_tools else body

    def _limited(self, body: Mapping[str, Any], name: str = "max_tokens") -> dict[str, Any]:
        return {**body, name: self.sampling.max_tokens}

    def _prompt_tokens(self, body: Mapping[str, Any]) -> int:
        """About how many; a token is four letters, which is how OpenAI's own limit counts a request."""
        return sum(len(message["content"]) for message in body["messages"]) // 4

    async def _try(self, episode: Episode, body: dict[str, Any]) -> Reply:
        limit_name, limit = self._limit_name, self.sampling.max_tokens
        number = await self._pace.start(self._prompt_tokens(body) + limit)
        try:
            async with asyncio.timeout(self._timeout):
                # A plain body and a plain answer: `chat.completions.create` walks both through its types on each call.
                limited = self._limited(body, limit_name)
                response = await self._client.post(self._url, cast_to=httpx2.Response, body=limited)
            self._pace.answered(number, response.headers)
        except TimeoutError as error:
            raise _Again(f"a timeout: no whole answer within {self._timeout:g} seconds") from error
        except (openai.APIConnectionError, aiohttp.ClientError) as error:
            raise _Again(_root(error)) from error
        except openai.APIStatusError as error:
            if not _is_refusal(error):
                raise self._judged(error, limit_name) from error
            if (pause := self._pace.refused(number, error.response.headers)) > PATIENCE_SECONDS:
                raise PolicyError(f"{self._url}: {_sentence(error)}") from error
            raise _Again(_sentence(error), pause, event="rate_limit") from error
        finally:
            self._pace.end(number)
        return self._read(response.content, episode, body)

    def _judged(self, error: openai.APIStatusError, limit_name: str) -> Exception:
        """What an HTTP error means for the episode."""
        sentence = f"{self._url}: {_sentence(error)}"
        if isinstance(error, openai.BadRequestError):
            if error.code == "context_length_exceeded" or _FULL.search(f"{error.type} {error.message}"):
                return ContextFull(error.message)
            if limit_name == "max_tokens" and "max_completion_tokens" in error.message:
                self._limit_name = "max_completion_tokens"
                return _Again(sentence, wait=0.0, counts=False)
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return UsageError(f"{self._url} refuses the key: {_sentence(error)}; set OPENAI_API_KEY")
        if error.code == "insufficient_quota":
            return UsageError(f"{sentence}; pay for more and run the same command again")
        if error.status_code in _PASSING or error.status_code >= 500:
            return _Again(_sentence(error), retry_after(error.response.headers))
        return PolicyError(sentence)

    def _reply(self, answer: Any, episode: Episode) -> Reply:
        return read(answer, episode.env if self.native_tools else None)

    def _read(self, content: bytes, episode: Episode, body: Mapping[str, Any]) -> Reply:
        answer = None
        try:
            answer = json.loads(content)
            reply = self._reply(answer, episode)
            self._provenance.check(answer, reply)
        except (ValueError, Unreadable) as problem:
            if self.meter is not None:
                self.meter.rejected(usage_of(answer))
            raise _Again(f"an answer without a reply: {problem}") from problem
        if self.cache is not None:
            self.cache.put(self._url, self._limited(body), episode, answer)
        return reply


def _backoff(failed: int) -> float:
    """Seconds until the next try after `failed` of them; not the same for all calls that a fault struck together."""
    return min(_FIRST_WAIT * 2 ** (failed - 1), _LONGEST_WAIT) * random.uniform(0.75, 1)


def _is_refusal(error: openai.APIStatusError) -> bool:
    """Whether the server has no room now."""
    if error.status_code == 503:
        return retry_after(error.response.headers) is not None
    return error.status_code == 429 and error.code != "insufficient_quota"


def _positive(seconds: str, spec: str) -> float:
    try:
        if 0 < float(seconds) < math.inf:
            return float(seconds)
    except ValueError:
        pass
    raise UsageError(f"{spec!r}: timeout must be a number of seconds above 0, not {seconds!r}")


def _sentence(error: openai.APIStatusError) -> str:
    """The server's own words; the SDK leaves them out when they are not in `error.message` of a JSON body."""
    return error.message if " - " in error.message else f"{error.message} - {error.response.text[:300]}"


def _root(error: BaseException) -> str:
    """The first cause of a chain: the SDK and its transport rename a dropped connection to a timeout."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"
