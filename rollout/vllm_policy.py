"""`--policy vllm:...`: a model behind vLLM, asked with token ids and answered with token ids.

`vllm:MODEL[+ADAPTER_DIR]` finds the server that `python -m rollout.serve` runs on this machine, or starts one that ends
with the policy. `vllm:NAME@URL[,URL...]` uses servers that run already. Either way the handshake comes first.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from envs.errors import UsageError, did_you_mean
from rollout.answers import read
from rollout.chat import prompt_ids, stop_ids
from rollout.chat_policy import ChatPolicy
from rollout.handshake import handshake, load_checked, load_tokenizer
from rollout.meter import Meter
from rollout.policies import Sampling
from rollout.policy import ContextFull, Episode, PolicyError, Reply
from rollout.snapshots import Snapshot, adapter_snapshot, merged_snapshot, model_and_adapter, model_snapshot
from rollout.spec import parse_spec
from rollout.vllm_api import VllmApi
from rollout.vllm_server import DEFAULT_PORT, VllmServer, free_port, serve_python, vllm_build

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["Replica", "TokenPolicy", "VllmPolicy"]

_LIVES = 3
"""How often a server may die under one call before the episode is given up."""
_PATIENCE_SECONDS = 300.0
"""How long a server that somebody else runs may be away."""


class TokenPolicy(ChatPolicy):
    """A model on one vLLM server, fed with `chat.prompt_ids` over `/completions`.

    What the model sees is to the token what training takes for its context, control tokens in messages included; and
    the reply comes with the ids that were sampled and their log-probabilities.

    Args:
        api: the server.
        model: the name of the model there.
        tokenizer: the model's.
        sampling: how tokens are drawn.
        context: tokens of the longest conversation.
    """

    _path = "/completions"

    def __init__(
        self, api: VllmApi, model: str, tokenizer: "PreTrainedTokenizerFast", sampling: Sampling, context: int
    ):
        self._tokenizer, self._context = tokenizer, context
        extra = {"return_token_ids": True, "logprobs": 0, "skip_special_tokens": False}
        extra["stop_token_ids"] = stop_ids(tokenizer)
        # A server on two cores takes minutes for the last of many replies; one that is gone is noticed at once.
        super().__init__(model, sampling, base_url=api.url, timeout=600.0, retries=2, served=model, extra=extra)

    def _body(self, episode: Episode) -> dict[str, Any]:
        body = super()._body(episode)
        body["prompt"] = prompt_ids(self._tokenizer, body.pop("messages"))
        if len(body["prompt"]) >= self._context:
            raise ContextFull(f"the conversation has {len(body['prompt'])} tokens, the context {self._context}")
        return body

    def _prompt_tokens(self, body: Mapping[str, Any]) -> int:
        return len(body["prompt"])

    def _reply(self, answer: Any, episode: Episode) -> Reply:
        return read(_as_chat(answer))


class VllmPolicy:
    """One model on one or several vLLM servers. An episode stays with the server that took its first turn, whose
    prefix cache has it.

    A server of the policy's own that dies is started again, one that somebody else runs is waited for; the calls that
    were under way are made again, so that no episode is lost.

    Args:
        name: stored with every trajectory, the model's name.
        replicas: the servers.
    """

    def __init__(self, name: str, replicas: Sequence["Replica"]):
        self.name, self._replicas = name, replicas

    @classmethod
    def from_spec(cls, spec: str, sampling: Sampling) -> "VllmPolicy":
        """What follows `vllm:`. Starting a server takes a minute or more, in which this waits.

        Raises:
            UsageError: the spec names nothing that can be served, the server does not start, or the handshake fails.
        """
        parsed = parse_spec(spec, ("tokenizer",))
        tokenizer = parsed.options.get("tokenizer")
        if tokenizer and not parsed.urls:
            raise UsageError(f"vllm:{spec}: a tokenizer is named for servers that run already, vllm:NAME@URL")
        try:
            if parsed.urls:
                replicas = [_replica(VllmApi(url), parsed.model, sampling, tokenizer) for url in parsed.urls]
            else:
                replicas = [_local(spec, sampling)]
        except PolicyError as error:
            raise UsageError(str(error)) from None
        return cls(replicas[0].client.name, replicas)

    @property
    def meter(self) -> Meter | None:
        """Is told of each `retry`, `rate_limit` and `server_restart`; the engine sets it."""
        return self._replicas[0].client.meter

    @meter.setter
    def meter(self, meter: Meter | None) -> None:
        for replica in self._replicas:
            replica.client.meter = meter

    async def act(self, episode: Episode) -> Reply:
        """Ask the episode's server for the next message; raises as `ChatPolicy.act`."""
        if "replica" not in episode.memory:
            episode.memory["replica"] = min(self._replicas, key=lambda replica: (replica.calls, replica.episodes))
            episode.memory["replica"].episodes += 1
        replica: Replica = episode.memory["replica"]
        tries = 0
        while True:
            tries, life = tries + 1, replica.life
            replica.calls += 1
            try:
                reply = await replica.client.act(episode)
                return replace(reply, served=f"{reply.served}@{replica.host}") if len(self._replicas) > 1 else reply
            except PolicyError:
                if tries == _LIVES or not await replica.revive(life):
                    raise
            finally:
                replica.calls -= 1

    async def close(self) -> None:
        """Close the connections and stop the policy's own server."""
        for replica in self._replicas:
            await replica.close()


class Replica:
    """One server as the policy sees it.

    Args:
        client: asks it.
        api: its other half.
        server: the process, where it is ours.
    """

    def __init__(self, client: TokenPolicy, api: VllmApi, server: VllmServer | None = None):
        self.client, self.server, self._api = client, server, api
        self.host = urlsplit(api.url).netloc
        self.calls = self.episodes = 0
        """Calls in flight, and episodes that were ever given to this server."""
        self.life = 1
        """Counts how often it came back."""
        self._revival: asyncio.Task[bool] | None = None

    async def revive(self, life: int) -> bool:
        """Get the server back after a call in its life number `life` failed; False if nothing is wrong with it.

        Raises:
            PolicyError: it does not come back.
        """
        if self.life > life:
            return True
        if self._revival is None or self._revival.done():
            self._revival = asyncio.create_task(self._revive())
        return await asyncio.shield(self._revival)  # one for all calls that failed together, whoever gives up

    async def close(self) -> None:
        """Close the connections; stop the server, where it is ours."""
        await self.client.close()
        if self.server is not None:
            await asyncio.to_thread(self.server.stop)
        if self._revival is not None:
            self._revival.cancel()
            await asyncio.gather(self._revival, return_exceptions=True)

    async def _revive(self) -> bool:
        if await asyncio.to_thread(self._api.healthy):
            return False
        if self.client.meter is not None:
            self.client.meter.event("server_restart", server=self.host)
        if self.server is not None:
            await asyncio.to_thread(self.server.restart)
        else:
            await self._wait()
        self.life += 1
        return True

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not await asyncio.to_thread(self._api.healthy):
                    await asyncio.sleep(1)
        except TimeoutError:
            raise PolicyError(f"the server {self.host} is gone and did not return in {_PATIENCE_SECONDS:g} s") from None


def _local(spec: str, sampling: Sampling) -> Replica:
    """`MODEL[+ADAPTER_DIR]`: the server that runs on the default port if it has the model, else one of our own."""
    model, adapter = model_and_adapter(spec)
    build, wanted, beside = vllm_build(serve_python()), model_snapshot(model), None
    if adapter is not None and build == "cpu":
        wanted = merged_snapshot(wanted, adapter)
    elif adapter is not None:
        beside = adapter_snapshot(wanted, adapter)
    api = VllmApi(f"http://127.0.0.1:{DEFAULT_PORT}/v1")
    if _serves(api, wanted):
        return _with_adapter(api, wanted, beside, sampling)
    server = VllmServer(wanted, free_port())
    print(f"agenttuning: starting vLLM for {wanted.name}, which takes a minute or more", file=sys.stderr, flush=True)
    server.start()
    try:
        return _with_adapter(server.api, wanted, beside, sampling, server)
    except BaseException:
        server.stop()
        raise


def _serves(api: VllmApi, wanted: Snapshot) -> bool:
    try:
        return api.models(timeout=2.0).get(wanted.name, {}).get("root") == str(wanted.folder)
    except (PolicyError, ValueError, KeyError, TypeError):  # nobody there, or somebody else
        return False


def _with_adapter(
    api: VllmApi, base: Snapshot, adapter: Snapshot | None, sampling: Sampling, server: VllmServer | None = None
) -> Replica:
    if adapter is not None:
        load_checked(api, base.name, adapter, load_tokenizer(adapter.tokenizer))
        if server is not None:
            server.adapters[adapter.name] = adapter.folder
    chosen = adapter or base
    return _replica(api, chosen.name, sampling, str(chosen.tokenizer), server)


def _replica(
    api: VllmApi, name: str, sampling: Sampling, tokenizer: str | None, server: VllmServer | None = None
) -> Replica:
    """Shake hands with a server that runs."""
    cards = api.models()
    if name not in cards:
        raise UsageError(f"{api.url} serves no {name!r}.{did_you_mean(name, cards)} It serves {', '.join(cards)}")
    base = cards[cards[name]["parent"] or name]
    ours = load_tokenizer(Path(tokenizer or base["root"]))
    handshake(api, name, ours)
    return Replica(TokenPolicy(api, name, ours, sampling, base["max_model_len"]), api, server)


def _as_chat(answer: Any) -> Any:
    """A text completion in the shape of a chat completion, which is the one that is read."""
    if not isinstance(answer, dict) or not isinstance(answer.get("choices"), list):
        return answer
    choices = []
    for choice in answer["choices"]:
        logprobs = [{"logprob": value} for value in (choice.get("logprobs") or {}).get("token_logprobs") or []]
        message = {"role": "assistant", "content": choice.get("text")}
        choices.append({**choice, "message": message, "logprobs": {"content": logprobs}})
    return {**answer, "choices": choices}
