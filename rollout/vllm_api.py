"""What one asks of a vLLM server besides chat: is it well, what does it serve, how does it tokenise, its adapters."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

from envs.types import Message
from rollout.policy import PolicyError
from rollout.spec import host_of, is_loopback

__all__ = ["VllmApi"]


class VllmApi:
    """The interface of one server. Every call may raise `PolicyError` with the server's own sentence.

    Args:
        url: as OpenAI's clients take it, with its `/v1`.
        timeout: seconds for one call.

    Raises:
        UsageError: `url` is not one.
    """

    def __init__(self, url: str, timeout: float = 300.0):
        self._root, self._timeout = url.rstrip("/").removesuffix("/v1"), timeout
        # A proxy of the environment is for the outside world: it cannot reach this machine's own loopback.
        handlers = [urllib.request.ProxyHandler({})] if is_loopback(host_of(url)) else []
        self._open = urllib.request.build_opener(*handlers).open

    @property
    def url(self) -> str:
        return f"{self._root}/v1"

    def healthy(self, timeout: float = 5.0) -> bool:
        """Whether the server answers and its engine lives."""
        try:
            self._call("/health", timeout=timeout)
        except PolicyError:
            return False
        return True

    def models(self, timeout: float | None = None) -> dict[str, dict[str, Any]]:
        """What is served: name -> `root` (a folder on the server's machine), `parent` (an adapter's base), ..."""
        return {card["id"]: card for card in json.loads(self._call("/v1/models", timeout=timeout))["data"]}

    def tokenize(self, model: str, messages: Sequence[Message]) -> list[int]:
        """The ids of the prompt that the server makes of a conversation."""
        return json.loads(self._call("/tokenize", {"model": model, "messages": list(messages)}))["tokens"]

    def detokenize(self, model: str, ids: Sequence[int]) -> str:
        """The text that the server reads in `ids`."""
        return json.loads(self._call("/detokenize", {"model": model, "tokens": list(ids)}))["prompt"]

    def greedy(self, model: str, ids: Sequence[int], max_tokens: int) -> tuple[list[int], list[float]]:
        """The likeliest continuation of a prompt, and the log-probability of each of its tokens."""
        body = {"model": model, "prompt": list(ids), "max_tokens": max_tokens, "temperature": 0}
        answer = json.loads(self._call("/v1/completions", body | {"logprobs": 0, "return_token_ids": True}))
        choice = answer["choices"][0]
        return choice["token_ids"], choice["logprobs"]["token_logprobs"]

    def load_adapter(self, name: str, folder: Path) -> None:
        """Serve an adapter beside its base, from now on and under a new name."""
        self._call("/v1/load_lora_adapter", {"lora_name": name, "lora_path": str(folder)})

    def unload_adapter(self, name: str) -> None:
        """Serve an adapter no longer."""
        self._call("/v1/unload_lora_adapter", {"lora_name": name})

    def _call(self, path: str, body: dict[str, Any] | None = None, timeout: float | None = None) -> str:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("OPENAI_API_KEY"):
            headers["Authorization"] = f"Bearer {key}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._root + path, data, headers)
        try:
            with self._open(request, timeout=timeout or self._timeout) as response:
                return response.read().decode()
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:1000]
            raise PolicyError(f"{self._root}{path}: {error.code} - {said}") from None
        except (OSError, HTTPException) as error:
            raise PolicyError(f"{self._root}{path}: {error}") from None
