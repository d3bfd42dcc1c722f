"""What a server has to prove before the first episode: that its tokens are ours, and that an adapter is really there.

Policies on vLLM send token ids, made by `chat.prompt_ids`. So the server's tokenizer must read them as ours does, also
where a message spells a control token; and its chat template must be the one that was trained with, for whoever talks
to the same server in messages.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from envs.errors import UsageError
from rollout.chat import common_length, prompt_ids
from rollout.snapshots import Snapshot
from rollout.vllm_api import VllmApi

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["handshake", "load_checked", "load_tokenizer"]

_SYSTEM = {"role": "system", "content": "You act in a world.\n\nTools:\n- sql(query): run it  \n"}
_TURNS = [
    {"role": "user", "content": " How many?  5 of\n\n 12,300; naïve 漢字 👋\t"},
    {"role": "assistant", "content": 'Thought: I look.\nAction: sql\nSELECT "a b" FROM t WHERE x >= 0.50;\n'},
    {"role": "user", "content": "Observation: [(1, 'é')]\n\n"},
]
_PROBE_TOKENS = 16


def handshake(api: VllmApi, model: str, tokenizer: "PreTrainedTokenizerFast") -> None:
    """Compare what `model` is fed on the server with what `tokenizer` makes here.

    A conversation of several turns, with a system message and without, is posted to `/tokenize` and must give
    `chat.prompt_ids`. One whose messages spell the tokenizer's control tokens is plain text here and could not be there
    (vLLM reads them as control tokens): its ids go the other way, to `/detokenize`, and must be read as the same text.

    Raises:
        UsageError: they differ, and where; or the template takes no such conversation.
        PolicyError: the server does not answer.
    """
    for messages in ([_SYSTEM, *_TURNS], _TURNS):
        ours, theirs = prompt_ids(tokenizer, messages), api.tokenize(model, messages)
        if ours != theirs:
            raise UsageError(f"the server at {api.url} {_difference(tokenizer, ours, theirs)}")
    spelt = {"role": "user", "content": "Observation: " + " ".join(tokenizer.all_special_tokens)}
    ids = prompt_ids(tokenizer, [_SYSTEM, spelt])
    if (read := api.detokenize(model, ids)) != (meant := tokenizer.decode(ids)):
        raise UsageError(f"the server at {api.url} has another tokenizer: it reads {meant!r} as {read!r}")


def load_checked(api: VllmApi, base: str, adapter: Snapshot, tokenizer: "PreTrainedTokenizerFast") -> None:
    """Serve `adapter` beside its base, unless it is served already, and see that it answers differently.

    Raises:
        UsageError: it answers exactly as the base, to the last digit of the log-probabilities; it is unloaded again.
        PolicyError: the server refuses it (a rank above the server's, another model's adapter).
    """
    if adapter.name in api.models():
        return
    api.load_adapter(adapter.name, adapter.folder)
    prompt = prompt_ids(tokenizer, [_SYSTEM, *_TURNS])
    if api.greedy(adapter.name, prompt, _PROBE_TOKENS) == api.greedy(base, prompt, _PROBE_TOKENS):
        api.unload_adapter(adapter.name)
        raise UsageError(
            f"{adapter.name} answers exactly as {base}: the adapter was not trained, or the server does not apply it"
        )


def load_tokenizer(folder: Path) -> "PreTrainedTokenizerFast":
    """The tokenizer of a model that is served from `folder`.

    Raises:
        UsageError: the folder is not on this machine.
    """
    from transformers import AutoTokenizer

    if not folder.is_dir():
        raise UsageError(
            f"the model's folder {folder} is not on this machine: name one with the same tokenizer and chat template "
            "(vllm:NAME@URL?tokenizer=FOLDER), or talk to the server in messages (NAME@URL)"
        )
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _difference(tokenizer: "PreTrainedTokenizerFast", ours: list[int], theirs: list[int]) -> str:
    same = common_length(ours, theirs)
    shown = [tokenizer.decode(ids) for ids in (ours[max(0, same - 8) : same], ours[same : same + 8], theirs[same:][:8])]
    return (
        f"makes other tokens of a conversation than were trained on: after {same} equal ones ({shown[0]!r}) "
        f"come {ours[same:][:8]} here ({shown[1]!r}) and {theirs[same:][:8]} there ({shown[2]!r}). "
        "Serve the model with the tokenizer and the chat template of its own folder"
    )
