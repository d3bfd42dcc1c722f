"""`ChatPolicy`: any model behind an OpenAI-compatible server, hosted or your own.

Who retries what. The SDK sends a request again after 408, 409, 429, any 5xx, a refused or dropped connection and a
timeout, `retries` times, after the wait that `Retry-After` asks for or else 0.5 s doubling to 8 s. An answer that
arrived and cannot be read (broken JSON, no choice, no text, a reply that the server itself broke off) is asked for once
more here. Anything else (a wrong model name, a `Retry-After` over two minutes) fails at once with the server's own
sentence, and a refused key ends the whole run.
"""

import ipaddress
import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import openai

from envs.errors import UsageError
from rollout.policies import Sampling
from rollout.policy import ContextFull, Episode, PolicyError, Reply

__all__ = ["ChatPolicy"]

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECONDS = 10.0

# How servers say that the conversation is too long: OpenAI and vLLM "maximum context length", SGLang "the model's
# context length", llama.cpp "available context size", older vLLM "maximum model length".
_FULL = re.compile(r"context[ _](length|size|window)|maximum model length", re.IGNORECASE)
_BROKEN_OFF = ("abort", "content_filter", "error")


class _Unreadable(Exception):
    """The server answered, but not with a reply."""


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
        timeout: seconds without a byte from the server after which one try is given up.
        retries: how often a failed try is repeated.

    Raises:
        UsageError: the URL is not one, or OpenAI's own server is meant and there is no key.
    """

    def __init__(
        self,
        model: str,
        sampling: Sampling,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 120.0,
        retries: int = 5,
    ):
        self.name, self.sampling = model, sampling
        base_url = base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_URL
        api_key = api_key or os.environ.get("OPENAI_API_KEY")
        host = _host(base_url)
        if not api_key and host == _host(OPENAI_URL):
            raise UsageError(
                f"the model {model!r} needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that needs none, "
                f"or name such a server in the policy ({model}@http://127.0.0.1:8000/v1)"
            )
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._limit_name = "max_tokens"
        self._client = openai.AsyncOpenAI(
            api_key=api_key or "none",
            base_url=base_url,
            timeout=openai.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            max_retries=retries,
            # A proxy of the environment is for the outside world: it cannot reach this machine's own loopback.
            http_client=openai.DefaultAioHttpClient(trust_env=not _is_loopback(host)),
        )

    @classmethod
    def from_spec(cls, spec: str, sampling: Sampling) -> "ChatPolicy":
        """`gpt-4` on the server of the environment, or `NAME@http://HOST:PORT/v1`.

        Raises:
            UsageError: no model name before the @, or as the constructor.
        """
        model, url = re.fullmatch(r"(.*?)(?:@(https?:.*))?", spec, re.DOTALL).groups()
        if not model:
            raise UsageError(f"{spec!r} names no model; write MODEL@URL, e.g. my-model@http://127.0.0.1:8000/v1")
        return cls(model, sampling, base_url=url)

    async def act(self, episode: Episode) -> Reply:
        """Ask the server for the next assistant message.

        Raises:
            UsageError: the server refuses the key, and would for every other episode.
            PolicyError: no readable answer after all retries, or a refusal that no retry mends.
            ContextFull: the server says that the conversation is longer than the model's context.
        """
        sampling, seed = self.sampling, self.sampling.episode_seed(episode)
        body = {
            "model": self.name,
            "messages": episode.messages,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            **({} if seed is None else {"seed": seed}),
        }
        try:
            return await self._ask(body)
        except _Unreadable:
            try:
                return await self._ask(body)
            except _Unreadable as problem:
                raise PolicyError(f"{self._url} answered twice without a reply: {problem}") from problem

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _ask(self, body: dict[str, Any]) -> Reply:
        limit_name = self._limit_name
        try:
            # `post` with a plain body: `chat.completions.create` walks every message through its types on each call.
            limited = {**body, limit_name: self.sampling.max_tokens}
            return _read(await self._client.post("/chat/completions", cast_to=object, body=limited))
        except openai.BadRequestError as error:
            if error.code == "context_length_exceeded" or _FULL.search(f"{error.type} {error.message}"):
                raise ContextFull(error.message) from error
            if limit_name == "max_tokens" and "max_completion_tokens" in error.message:
                self._limit_name = "max_completion_tokens"
                return await self._ask(body)
            raise PolicyError(f"{self._url}: {_sentence(error)}") from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise UsageError(f"{self._url} refuses the key: {_sentence(error)}; set OPENAI_API_KEY") from error
        except openai.APIStatusError as error:
            raise PolicyError(f"{self._url}: {_sentence(error)}") from error
        except openai.APIConnectionError as error:
            tries = self._client.max_retries + 1
            raise PolicyError(f"{self._url}: no answer in {tries} tries, at last {_root(error)}") from error
        except (json.JSONDecodeError, UnicodeDecodeError, aiohttp.ClientError) as error:
            raise _Unreadable(_root(error)) from error


def _read(answer: Any) -> Reply:
    """Take a chat completion (parsed JSON) apart."""
    try:
        choice = answer["choices"][0]
        text, reason = choice["message"]["content"], choice.get("finish_reason")
        usage = answer.get("usage") or {}
        finish = "length" if reason == "length" else "stop"
        if text is None and finish == "length":
            text = ""  # a reasoning model that spent all its tokens before the first word: its own doing
        if not isinstance(text, str):
            raise _Unreadable(f"its content is {text!r}"[:200])
        if reason in _BROKEN_OFF:
            raise _Unreadable(f"the server broke the reply off ({reason})")
        return Reply(text, finish, usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise _Unreadable(f"not a chat completion: {answer!r}"[:300]) from None


def _sentence(error: openai.APIStatusError) -> str:
    """The server's own words; the SDK leaves them out when they are not in `error.message` of a JSON body."""
    return error.message if " - " in error.message else f"{error.message} - {error.response.text[:300]}"


def _root(error: BaseException) -> str:
    """The first cause of a chain: the SDK and its transport rename a dropped connection to a timeout."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is not the URL of a server; write it as http://127.0.0.1:8000/v1")
    return parts.hostname


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
