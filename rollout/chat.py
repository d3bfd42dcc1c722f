"""The one place where text becomes tokens: for the local policy, the trainer and the server handshake.

A training example is *defined* by what happened: the prompt ids that a server would feed the model, then the ids of
what the policy wrote, then the stop token. So nothing here knows a chat template by name; everything is read off the
template that comes with the tokenizer.

Control tokens (the tokenizer's special tokens, such as `<|im_end|>`) come from the template alone. Where a message
contains one as text, whoever wrote it, it is encoded as the plain characters it is made of: it opens no turn and ends
none. (A template that marks turns with ordinary text, as Llama 2's `[INST]`, cannot tell that text from a message's.)
"""

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from envs.errors import UsageError
from envs.types import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["Rendered", "common_length", "prompt_hash", "prompt_ids", "render", "stop_ids", "template_hash"]


@dataclass(frozen=True)
class Rendered:
    """One training sequence.

    Args:
        ids: token ids.
        mask: for each id the weight of its loss; 0 for context.
    """

    ids: list[int]
    mask: list[float]


def prompt_ids(tokenizer: "PreTrainedTokenizerFast", messages: Sequence[Message]) -> list[int]:
    """The ids a server feeds the model so that it writes the next assistant turn.

    Equal to `tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True)`, except that control
    tokens inside messages are plain text.

    Raises:
        UsageError: the tokenizer has no chat template, or the template refuses the messages.
    """
    return _codec(tokenizer).encode(_template_text(tokenizer, messages, generation=True))


def stop_ids(tokenizer: "PreTrainedTokenizerFast") -> list[int]:
    """The ids at which generation stops. The first is the one that the template puts behind an assistant turn.

    The second, where it differs, is the tokenizer's end-of-sequence token.

    Raises:
        UsageError: no control token follows an assistant turn in this template.
    """
    probe = "Probe"
    turns = [("user", "A"), ("assistant", probe), ("user", "B")]
    text = _template_text(tokenizer, [{"role": role, "content": content} for role, content in turns], generation=False)
    codec = _codec(tokenizer)
    rest = text.partition(probe)[2]
    end = codec.control.search(rest)
    if not end or rest[: end.start()].strip():
        raise UsageError(
            f"the chat template ends an assistant turn with {rest[:20]!r}, which is not a control token: a model could "
            "not learn where to stop; use a template that puts the end-of-turn token behind it"
        )
    ids = [codec.control_ids[end.group()]]
    eos = tokenizer.eos_token_id
    return ids if eos is None or eos in ids else [*ids, eos]


def render(
    tokenizer: "PreTrainedTokenizerFast",
    messages: Sequence[Message],
    weights: Sequence[float] | None = None,
    sampled: Sequence[Sequence[int] | None] | None = None,
    cut: Sequence[bool] | None = None,
) -> list[Rendered]:
    """Turn a dialogue into training sequences in which loss falls on what the policy wrote and on its stop tokens.

    Normally there is one sequence. Where the prompt of a later turn does not begin with the ids so far (a template
    that deletes earlier `<think>` blocks, sampled ids that are not how their text is encoded), a new sequence begins
    with that prompt, since that is what the model was shown.

    Args:
        tokenizer: a tokenizer with a chat template.
        messages: the dialogue, from its first message.
        weights: loss weight of each assistant turn, 1 by default. A turn of weight 0 is context.
        sampled: for each assistant turn the ids that the policy sampled, or None where they are unknown; then the text
            is encoded as the template shows it. A turn whose sampled ids lack a stop token was cut and gets none.
        cut: for each assistant turn whether the token limit cut it, so that its text is trained without a stop token.

    Returns:
        Sequences that end with a trained turn; empty when no turn has weight.

    Raises:
        UsageError: lists of the wrong length, sampled ids that do not read as their text, or what `prompt_ids` refuses.
    """
    turns = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    for name, values in (("weights", weights), ("sampled", sampled), ("cut", cut)):
        if values is not None and len(values) != len(turns):
            raise UsageError(f"{name} has {len(values)} entries for {len(turns)} assistant turns")
    sequences: list[Rendered] = []
    for n, i in enumerate(turns):
        weight = 1.0 if weights is None else float(weights[n])
        if weight == 0.0:
            continue
        prompt = prompt_ids(tokenizer, messages[:i])
        if sampled is not None and sampled[n] is not None:
            written = list(sampled[n])
            _check_sampled(tokenizer, written, messages[i]["content"], n)
        else:
            written = _written_ids(tokenizer, messages[: i + 1], prompt)
            if cut is not None and cut[n]:
                written = written[:-1]
        so_far = Rendered([], [])
        if sequences and prompt[: len(sequences[-1].ids)] == sequences[-1].ids:
            so_far = sequences.pop()
        context = [0.0] * (len(prompt) - len(so_far.ids))
        sequences.append(Rendered(prompt + written, so_far.mask + context + [weight] * len(written)))
    return sequences


def template_hash(tokenizer: "PreTrainedTokenizerFast") -> str:
    """16 hexadecimal digits that name the chat template."""
    return prompt_hash(tokenizer.get_chat_template())


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids two sequences begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def prompt_hash(text: str) -> str:
    """16 hexadecimal digits that name a prompt: the SHA-256 of its UTF-8 text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written_ids(tokenizer, messages: Sequence[Message], prompt: list[int]) -> list[int]:
    """The ids of the last message as an assistant turn that follows `prompt`, with its stop token.

    They are those of the template where it shows the text whole; white space at the edges is the template's affair
    (Llama 2 strips it and writes a blank on each side). Where it does not (a `<think>` block added or deleted), or
    where tokens of prompt and text would merge, the text is encoded by itself, as a model writes it.
    """
    codec = _codec(tokenizer)
    stop = stop_ids(tokenizer)[0]
    content = codec.guard(messages[-1]["content"])
    before = _template_text(tokenizer, messages[:-1], generation=True)
    after = _template_text(tokenizer, messages, generation=False)
    shown = codec.control.split(after[len(before) :], maxsplit=1)[0]
    ids = codec.encode(after)
    if after.startswith(before) and shown.strip() == content.strip() and ids[: len(prompt)] == prompt:
        controls = set(codec.control_ids.values())
        end = next((k for k in range(len(prompt), len(ids)) if ids[k] in controls), len(ids))
        return [*ids[len(prompt) : end], stop]
    return [*codec.encode(content), stop]


def _check_sampled(tokenizer, ids: list[int], text: str, turn: int) -> None:
    """Refuse ids of another tokenizer: they would be trained on without any error."""
    body = ids[:-1] if ids and ids[-1] in stop_ids(tokenizer) else ids
    read = [tokenizer.decode(body, skip_special_tokens=skip) for skip in (True, False)]
    if all(r.strip() != text.strip() for r in read):
        raise UsageError(
            f"the sampled ids of assistant turn {turn + 1} read {read[1][:60]!r}, its text is {text[:60]!r}: "
            "they come from another tokenizer; leave them out and the text is encoded"
        )


def _template_text(tokenizer, messages: Sequence[Message], generation: bool) -> str:
    """The text that the template makes of the messages, control tokens inside them guarded."""
    from jinja2 import TemplateError

    codec = _codec(tokenizer)
    guarded = [{"role": m["role"], "content": codec.guard(m["content"])} for m in messages]
    if not tokenizer.chat_template:
        raise UsageError("this tokenizer has no chat template: use an instruct model, or set tokenizer.chat_template")
    try:
        return tokenizer.apply_chat_template(guarded, add_generation_prompt=generation, tokenize=False)
    except TemplateError as error:
        roles = ", ".join(m["role"] for m in messages)
        raise UsageError(f"the chat template refuses messages of the roles ({roles}): {error}") from None


class _Codec:
    """A copy of a tokenizer in which control tokens bear secret names, so that no text can spell one."""

    def __init__(self, tokenizer):
        from tokenizers import Tokenizer

        if not getattr(tokenizer, "is_fast", False):
            raise UsageError(f"{type(tokenizer).__name__} is not a fast tokenizer: save it with a tokenizer.json")
        state = json.loads(tokenizer.backend_tokenizer.to_str())
        secret = f"\U0010f8ff{uuid.uuid4().hex}"
        self._guard = f"{secret}guard"
        added = state["added_tokens"]
        self._names = {t["content"]: f"{secret}{n}." for n, t in enumerate(added) if t["special"]}
        self.control_ids: dict[str, int] = {t["content"]: t["id"] for t in added if t["special"]}
        longest_first = sorted(map(re.escape, self._names), key=len, reverse=True)
        self.control = re.compile("|".join(longest_first) or r"(?!)")

        def secret_name(piece: str) -> str:
            return self._names.get(piece, piece)

        model = state["model"]
        if isinstance(model["vocab"], dict):
            model["vocab"] = {secret_name(piece): number for piece, number in model["vocab"].items()}
        else:
            model["vocab"] = [[secret_name(piece), score] for piece, score in model["vocab"]]
        if model.get("unk_token"):
            model["unk_token"] = secret_name(model["unk_token"])
        for token in added:
            token["content"] = secret_name(token["content"])
        state.update(post_processor=None, truncation=None, padding=None)
        self._tokenizer = Tokenizer.from_str(json.dumps(state))
        # An added token that is not in the model's vocabulary may get another id in the copy.
        self._original = {self._tokenizer.token_to_id(t["content"]): t["id"] for t in added}

    def guard(self, text: str) -> str:
        """Mark control tokens in a message, so that they are told from the template's own."""
        return self.control.sub(lambda found: found.group()[0] + self._guard + found.group()[1:], text)

    def encode(self, text: str) -> list[int]:
        """Encode guarded text: what is marked as plain characters, other control tokens as such."""
        named = self.control.sub(lambda found: self._names[found.group()], text).replace(self._guard, "")
        ids = self._tokenizer.encode(named, add_special_tokens=False).ids
        return [self._original.get(i, i) for i in ids]


_codecs: WeakKeyDictionary = WeakKeyDictionary()


def _codec(tokenizer) -> _Codec:
    if tokenizer not in _codecs:
        _codecs[tokenizer] = _Codec(tokenizer)
    return _codecs[tokenizer]
