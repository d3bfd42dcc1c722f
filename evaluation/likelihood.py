"""How likely a policy finds what people wrote: `python -m evaluation.likelihood --policy smollm2+DIR --data FILE`.

A small model is at chance on the usual benchmarks of general ability, where no loss of it can be seen. Its likelihood
of held-out general replies moves at once, and so does KL(base || policy), its distance from the model it was trained
from, which foretells what is forgotten (Shenfeld et al. 2025, 2509.04259); here both are taken over the same replies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import track

from envs.cli import main
from envs.errors import UsageError
from envs.types import Message
from evaluation.json_lines import read_json_lines
from evaluation.metrics import to_json
from evaluation.statistics import Interval, cluster_interval
from rollout.chat import Rendered, render
from rollout.manifest import Manifest
from rollout.student import STUDENTS, student_path

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["Conversation", "Likelihood", "likelihood", "relative_rise", "weights_of"]


@dataclass(frozen=True)
class Conversation:
    """Sums over the assistant's tokens in one conversation, in nats."""

    tokens: int
    nll: float
    """Negative log-likelihood under the policy."""
    base_nll: float
    """The same under the base."""
    kl: float
    """KL(base || policy) of the distributions of the next token, where that is the assistant's."""


@dataclass(frozen=True)
class Likelihood:
    """Means over all assistant's tokens, in nats a token. Conversations are the clusters of the intervals."""

    policy: str
    base: str
    tokens: int
    nll: float
    nll_interval: Interval
    base_nll: float
    kl: float
    kl_interval: Interval
    left_out: int
    """Conversations longer than `max_tokens`."""
    conversations: Sequence[Conversation]
    """In the order of the file."""

    def __str__(self) -> str:
        nll, kl = self.nll_interval, self.kl_interval
        left_out = f", {self.left_out} left out as too long" if self.left_out else ""
        return (
            f"{self.policy}: {self.nll:.4f} nats a token ({nll.low:.4f} to {nll.high:.4f}), "
            f"its base {self.base_nll:.4f} ({self.nll / self.base_nll - 1:+.2%}); "
            f"KL from the base {self.kl:.4f} ({kl.low:.4f} to {kl.high:.4f}); "
            f"{self.tokens:,} tokens of {len(self.conversations)} conversations{left_out}"
        )


def likelihood(
    policy: str,
    data: Path,
    base: str | None = None,
    n: int | None = None,
    max_tokens: int = 512,
    batch: int = 8,
    json: Path | None = None,
) -> Likelihood:
    """Measure the negative log-likelihood of the assistant's tokens in a chat file, and the KL from the base model.

    Args:
        policy: smollm2, smollm2+ADAPTER_DIR, or local:PATH.
        data: JSON lines (.jsonl or .jsonl.gz), each {"messages": [{"role": ..., "content": ...}, ...]}. An assistant's
            message with "weight": 0 is context.
        base: smollm2 or local:PATH. By default what the policy's manifest names, or the policy itself without one.
        n: only the first so many conversations.
        max_tokens: longer conversations are left out and counted.
        batch: conversations that go through the model together.
        json: also write the result to this file.

    Raises:
        UsageError: no such file or model, a line that is not a conversation, nothing to measure, or two models with
            different vocabularies.
    """
    from rollout.local_policy import load_model

    base = base or _base_of(policy)
    first, second = weights_of(policy), weights_of(base)
    dialogues = _read(data)[:n]
    model, tokenizer = load_model(*first)
    rendered = [render(tokenizer, messages, _trained(messages)) for messages in dialogues]
    fitting = [sequences for sequences in rendered if all(len(one.ids) <= max_tokens for one in sequences)]
    owners = [(owner, one) for owner, sequences in enumerate(fitting) for one in sequences]
    if not owners:
        raise UsageError(f"{data}: none of its {len(dialogues)} conversations has a reply and fits {max_tokens} tokens")
    other = model if first == second else load_model(*second)[0]
    if model.config.vocab_size != other.config.vocab_size:
        raise UsageError(f"{policy} and {base} have different vocabularies: there is no KL between them")
    sums = [Conversation(0, 0.0, 0.0, 0.0)] * len(fitting)
    owners.sort(key=lambda pair: len(pair[1].ids))  # so that little of a batch is padding
    batches = [owners[start : start + batch] for start in range(0, len(owners), batch)]
    console = Console(highlight=False, soft_wrap=True)
    for some in track(batches, f"likelihood under {policy}", console=console, disable=not console.is_terminal):
        for (owner, _), more in zip(some, _measured(model, other, [one for _, one in some]), strict=True):
            sums[owner] = _added(sums[owner], more)
    result = _summed_up(policy, base, sums, len(rendered) - len(fitting))
    console.print(str(result))
    if json:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(dumps(to_json(result), indent=2) + "\n", encoding="utf-8")
    return result


def relative_rise(before: Sequence[Conversation], after: Sequence[Conversation]) -> tuple[float, Interval]:
    """By what share the mean negative log-likelihood rose from one policy to another on the same conversations.

    Returns:
        The rise (0.02 is 2%) and its 95% interval, paired, with conversations as clusters.

    Raises:
        UsageError: they are not the same conversations.
    """
    if [c.tokens for c in before] != [c.tokens for c in after]:
        raise UsageError("the two likelihoods were not measured on the same conversations")
    mean = _mean([c.nll for c in before], before)
    changes = [(a.nll - b.nll) / mean for b, a in zip(before, after, strict=True)]
    return _mean(changes, before), _interval(changes, before, least=-1.0)


def weights_of(policy: str) -> tuple[Path, Path | None]:
    """The folder of a policy's model and that of its adapter, as `load_model` takes them."""
    name, plus, adapter = policy.partition("+")
    if name in STUDENTS:
        return student_path(name), Path(adapter) if plus else None
    if policy.startswith("local:"):
        return Path(policy.removeprefix("local:")), None
    raise UsageError(f"{policy!r} has no weights here; give {', '.join(STUDENTS)}, smollm2+ADAPTER_DIR or local:PATH")


def _base_of(policy: str) -> str:
    name, plus, _ = policy.partition("+")
    if plus:
        return name
    folder = Path(policy.removeprefix("local:"))
    if not (folder / "manifest.json").is_file():
        return policy
    base = Manifest.read(folder).base
    return base if base in STUDENTS else f"local:{base}"


def _read(data: Path) -> list[list[Message]]:
    dialogues = []
    for where, row in read_json_lines(data):
        try:
            dialogues.append([dict(m, role=m["role"], content=str(m["content"])) for m in row["messages"]])
        except (KeyError, TypeError) as error:
            form = '{"messages": [{"role": ..., "content": ...}, ...]}'
            raise UsageError(f"{where}: not {form} ({error!r})") from None
    return dialogues


def _trained(messages: Sequence[Message]) -> list[float]:
    """The weight of each reply, 1 where none is given."""
    weights = [message.get("weight") for message in messages if message["role"] == "assistant"]
    return [1.0 if weight is None else weight for weight in weights]


def _measured(model: "PreTrainedModel", base: "PreTrainedModel", batch: Sequence[Rendered]) -> Iterator[Conversation]:
    """The sums of each sequence of a batch."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    # Padding stands on the right and attention is causal, so no token that counts sees it: no mask is needed.
    ids = pad_sequence([torch.tensor(one.ids) for one in batch], batch_first=True).to(model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids, use_cache=False).logits
        base_logits = logits if base is model else base(input_ids=ids, use_cache=False).logits
        for row, one in enumerate(batch):
            positions = torch.tensor(one.mask[1:], device=ids.device).nonzero().squeeze(1)
            labels = ids[row, 1 + positions].unsqueeze(1)
            ours = logits[row, positions].float().log_softmax(-1)
            theirs = base_logits[row, positions].float().log_softmax(-1)
            yield Conversation(
                tokens=len(positions),
                nll=-ours.gather(1, labels).sum().item(),
                base_nll=-theirs.gather(1, labels).sum().item(),
                kl=(theirs.exp() * (theirs - ours)).sum().item(),
            )


def _added(one: Conversation, other: Conversation) -> Conversation:
    return replace(one, **{name: value + getattr(other, name) for name, value in vars(one).items()})


def _summed_up(policy: str, base: str, sums: Sequence[Conversation], left_out: int) -> Likelihood:
    measured = [one for one in sums if one.tokens]
    nll, kl = [one.nll for one in measured], [one.kl for one in measured]
    return Likelihood(
        policy=policy,
        base=base,
        tokens=sum(one.tokens for one in measured),
        nll=_mean(nll, measured),
        nll_interval=_interval(nll, measured),
        base_nll=_mean([one.base_nll for one in measured], measured),
        kl=_mean(kl, measured),
        kl_interval=_interval(kl, measured),
        left_out=left_out,
        conversations=measured,
    )


def _mean(sums: Sequence[float], conversations: Sequence[Conversation]) -> float:
    return sum(sums) / sum(one.tokens for one in conversations)


def _interval(sums: Sequence[float], conversations: Sequence[Conversation], least: float = 0.0) -> Interval:
    """Interval of the mean over tokens, conversations being the clusters.

    Each token stands for its conversation's mean, as the interval depends on the sums and sizes of clusters alone.
    """
    means = [total / one.tokens for total, one in zip(sums, conversations, strict=True)]
    scale = max(1.0, *map(abs, means))  # the interval is made for shares, and cut at 1
    values = [mean / scale for mean, one in zip(means, conversations, strict=True) for _ in range(one.tokens)]
    clusters = [number for number, one in enumerate(conversations) for _ in range(one.tokens)]
    interval = cluster_interval(values, clusters, least=least)
    method = interval.method.replace("template", "conversation")
    return Interval(interval.low * scale, interval.high * scale, method)


if __name__ == "__main__":
    main(likelihood)
