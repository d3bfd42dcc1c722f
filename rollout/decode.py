"""Continuous batching for a transformers model in this process: many requests, one forward pass a step.

A step lays the new tokens of all requests end to end, one for a request that is writing, many for one that has just
come, and sends them through the model as a single row. Only attention tells requests apart, so that function is ours
(`_attention`). Keys and values stay in place between the turns of an episode: a prompt that begins with what a slot has
seen costs no more than its new tokens, and a system prompt that another slot has seen is copied from there.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel

from envs.errors import UsageError

__all__ = ["Decoder", "Request"]

PREFILL_TOKENS = 512
"""Prompt tokens that one step takes in; more would not be faster a token, and would keep those who write waiting."""


@dataclass(eq=False)
class Request:
    """One text to write.

    Args:
        prompt: ids before it, at least one.
        max_tokens: where it is cut.
        random: source of the draws, so that they do not depend on who else is in the batch.

    When `finish` is set (`stop` or `length`), `sampled` holds the written ids with the stop token and `logprobs` the
    natural logarithm of each one's probability in the model's own distribution (temperature 1, nothing cut off).
    """

    prompt: list[int]
    max_tokens: int
    random: Random = field(default_factory=Random)
    sampled: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish: str | None = None


@dataclass(eq=False)
class _Slot:
    """One row of the cache: `seen` are the ids whose keys and values it holds, `new` those of the next step."""

    seen: list[int] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    request: Request | None = None
    used: int = 0
    """The step at which a request last had it."""


class Decoder:
    """Writes the answers to many requests at once. Not thread-safe: one thread owns it.

    Args:
        model: a decoder-only transformers model whose layers are all attention.
        stop_ids: tokens that end an answer.
        temperature, top_p: how tokens are drawn; temperature 0 takes the likeliest.
        slots: requests at a time; the others wait.
        context: longest prompt and answer together, in tokens.

    Raises:
        UsageError: the model has other layers than attention, or a shorter context.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        stop_ids: list[int],
        *,
        temperature: float = 0.0,
        top_p: float = 1.0,
        slots: int = 32,
        context: int = 2048,
    ):
        _check(model, context)
        AttentionInterface.register("slots", _attention)
        model.set_attn_implementation("slots")
        self._model, self._stop_ids = model.eval(), set(stop_ids)
        self._temperature, self._top_p, self._context = temperature, top_p, context
        config = model.config
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        # [layer, keys or values, slot, head, position, head_dim]; zeros, since masked garbage could be NaN.
        shape = (config.num_hidden_layers, 2, slots, heads, context, size)
        self._cache = torch.zeros(shape, dtype=model.dtype, device=model.device)
        self._slots = [_Slot() for _ in range(slots)]
        self._waiting: list[Request] = []
        self._steps = 0

    @property
    def busy(self) -> bool:
        """Whether there is a request that is not finished."""
        return bool(self._waiting) or any(slot.request for slot in self._slots)

    def add(self, request: Request) -> None:
        """Queue a request, whose prompt must be shorter than the context."""
        self._waiting.append(request)

    def drop(self, request: Request) -> None:
        """Forget a request that nobody waits for any more."""
        self._waiting = [other for other in self._waiting if other is not request]
        for slot in self._slots:
            if slot.request is request:
                slot.request = None

    @torch.inference_mode()
    def step(self) -> list[Request]:
        """Write one token of every running request; return those that it finished."""
        self._steps += 1
        self._admit()
        self._close_gaps()
        running = [n for n, slot in enumerate(self._slots) if slot.request]
        running.sort(key=lambda n: len(self._slots[n].new) > 1)  # the layout of `_Batch`
        batch = _Batch(self._cache, [(n, len(self._slots[n].seen), len(self._slots[n].new)) for n in running])
        new = [token for n in running for token in self._slots[n].new]
        logits = self._model(
            input_ids=torch.tensor([new], device=self._cache.device),
            position_ids=batch.positions[None],
            logits_to_keep=batch.last,
            use_cache=False,
            batch=batch,
        ).logits[0]
        tokens, logprobs = self._draw(logits.float(), [self._slots[n].request for n in running])
        finished = []
        for n, token, logprob in zip(running, tokens, logprobs, strict=True):
            slot, request = self._slots[n], self._slots[n].request
            slot.seen, slot.new, slot.used = slot.seen + slot.new, [token], self._steps
            request.sampled.append(token)
            request.logprobs.append(logprob)
            if token in self._stop_ids:
                request.finish = "stop"
            elif len(request.sampled) == request.max_tokens or len(slot.seen) + 1 == self._context:
                request.finish = "length"
            if request.finish:
                slot.request = None
                finished.append(request)
        return finished

    def _admit(self) -> None:
        """Give waiting requests a free slot, as many as one step should take in."""
        budget = PREFILL_TOKENS
        while budget > 0 and self._waiting and not all(slot.request for slot in self._slots):
            request = self._waiting.pop(0)
            known, source = max((_common(slot.seen, request.prompt), n) for n, slot in enumerate(self._slots))
            known = min(known, len(request.prompt) - 1)  # the last token is computed for its logits
            target = source
            if self._slots[source].request or known < len(self._slots[source].seen):
                target = min((s.used, n) for n, s in enumerate(self._slots) if not s.request)[1]
                self._cache[:, :, target, :, :known] = self._cache[:, :, source, :, :known]
            slot = self._slots[target]
            slot.request, slot.seen, slot.new = request, request.prompt[:known], request.prompt[known:]
            budget -= len(slot.new)

    def _close_gaps(self) -> None:
        """Move running slots to the front when half of the rows before the last are idle: attention passes them all."""
        running = [n for n, slot in enumerate(self._slots) if slot.request]
        while 2 * len(running) <= running[-1]:
            gap, last = next(n for n, slot in enumerate(self._slots) if not slot.request), running.pop()
            length = max(len(self._slots[gap].seen), len(self._slots[last].seen))
            rows = self._cache[:, :, :, :, :length]
            rows[:, :, [gap, last]] = rows[:, :, [last, gap]]
            self._slots[gap], self._slots[last] = self._slots[last], self._slots[gap]
            running = sorted([gap, *running])

    def _draw(self, logits: torch.Tensor, requests: list[Request]) -> tuple[list[int], list[float]]:
        """One token for each row of logits [requests, vocabulary], and its log probability."""
        logprobs = logits.log_softmax(-1)
        if self._temperature == 0:
            tokens = logits.argmax(-1)
        else:
            chances = (logits / self._temperature).softmax(-1)
            if self._top_p < 1:
                ordered, order = chances.sort(descending=True)
                above = ordered.cumsum(-1) - ordered
                chances = torch.zeros_like(chances).scatter(-1, order, ordered.masked_fill(above >= self._top_p, 0))
            steps = chances.cumsum(-1)
            # 24 bits are exact in float32 and below 1, so the search never runs past the last token.
            heights = torch.tensor([[r.random.getrandbits(24) / 2**24] for r in requests], device=logits.device)
            tokens = torch.searchsorted(steps, heights * steps[:, -1:], right=True)[:, 0]
        return tokens.tolist(), logprobs.gather(-1, tokens[:, None])[:, 0].tolist()


class _Batch:
    """Where the tokens of one step belong: first the requests with one new token each, then those with more.

    Args:
        cache: [layer, keys or values, slot, head, position, head_dim].
        rows: for each request its slot, the number of tokens seen and the number of new ones.
    """

    def __init__(self, cache: torch.Tensor, rows: list[tuple[int, int, int]]):
        self.cache, self._masks = cache, {}
        self.single = sum(count == 1 for _, _, count in rows)
        self.slots_used = 1 + max((slot for slot, _, _ in rows[: self.single]), default=-1)
        self.length = 1 + max((seen for _, seen, _ in rows[: self.single]), default=-1)
        place = [(slot, position) for slot, seen, count in rows for position in range(seen, seen + count)]
        self.slots, self.positions = torch.tensor(place, device=cache.device).T
        ends = list(accumulate(count for _, _, count in rows))
        self.last = torch.tensor(ends, device=cache.device) - 1
        self.long = [
            (slot, slice(end - count, end), seen + count)
            for (slot, seen, count), end in zip(rows, ends, strict=True)
            if count > 1
        ]

    def masks(self, window: int | None) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """What each query may see, made once for all layers with this window.

        Returns:
            [slots, 1, 1, length] for the requests with one new token, and [tokens, length] for each of the others.
        """
        if window not in self._masks:
            places = torch.arange(self.cache.shape[4], device=self.cache.device)

            def visible(queries: torch.Tensor, length: int) -> torch.Tensor:
                keys, queries = places[:length], queries[:, None]
                return keys <= queries if window is None else (keys <= queries) & (keys > queries - window)

            queries = self.positions.new_zeros(self.slots_used)
            queries[self.slots[: self.single]] = self.positions[: self.single]
            single = visible(queries, self.length)[:, None, None]
            self._masks[window] = single, [visible(self.positions[own], length) for _, own, length in self.long]
        return self._masks[window]


def _attention(module, query, key, value, _mask, *, scaling, batch: _Batch, sliding_window=None, **_):
    """Attention of the new tokens over their own slots. Shapes [1, heads, tokens, head_dim], as transformers calls it.

    Query heads that share a key head are laid out as more queries of that head, so nothing is repeated in memory.

    Returns:
        [1, tokens, heads, head_dim], and None for the weights.
    """
    keys, values = batch.cache[module.layer_idx]
    keys[batch.slots, :, batch.positions] = key[0].transpose(0, 1)
    values[batch.slots, :, batch.positions] = value[0].transpose(0, 1)
    heads, group, size = key.shape[1], query.shape[1] // key.shape[1], query.shape[3]
    query = query[0].transpose(0, 1)
    result = torch.empty_like(query)
    single_mask, long_masks = batch.masks(sliding_window)
    if batch.single:
        slots, used, seen = batch.slots[: batch.single], slice(batch.slots_used), slice(batch.length)
        asked = query.new_zeros(batch.slots_used, heads, group, size)
        asked[slots] = query[: batch.single].reshape(-1, heads, group, size)
        found = scaled_dot_product_attention(
            asked, keys[used, :, seen], values[used, :, seen], attn_mask=single_mask, scale=scaling
        )
        result[: batch.single] = found[slots].reshape(batch.single, heads * group, size)
    for (slot, own, length), mask in zip(batch.long, long_masks, strict=True):
        asked = query[own].reshape(-1, heads, group, size).permute(1, 2, 0, 3).reshape(1, heads, -1, size)
        found = scaled_dot_product_attention(
            asked,
            keys[None, slot, :, :length],
            values[None, slot, :, :length],
            attn_mask=mask.repeat(group, 1),
            scale=scaling,
        )
        result[own] = found.reshape(heads * group, -1, size).transpose(0, 1)
    return result[None], None


def _common(a: list[int], b: list[int]) -> int:
    """How many ids two lists have in common at their beginning."""
    return bisect_left(range(min(len(a), len(b))), True, key=lambda n: a[: n + 1] != b[: n + 1])


def _check(model: PreTrainedModel, context: int) -> None:
    """Refuse what the decoder would compute wrongly."""
    config, name = model.config, type(model).__name__
    kinds = set(getattr(config, "layer_types", None) or ()) - {"full_attention", "sliding_attention"}
    if kinds or not model._supports_attention_backend or getattr(config, "attn_logit_softcapping", None):
        what = f"layers of the kind {', '.join(sorted(kinds))}" if kinds else "an attention of its own"
        raise UsageError(f"{name} has {what}, which the local policy cannot run: serve it with vLLM instead")
    if context > config.max_position_embeddings:
        raise UsageError(f"a context of {context} tokens is more than {name} takes ({config.max_position_embeddings})")
