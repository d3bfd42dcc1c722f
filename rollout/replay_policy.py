"""`ReplayPolicy`: plays recorded messages again, for tests, demos and regression."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from envs.errors import UsageError
from rollout.policy import Episode, PolicyError, Reply
from rollout.store import Store
from rollout.trajectory import Trajectory

__all__ = ["ReplayPolicy"]


class ReplayPolicy:
    """Answers with recorded messages, in order, whatever the environment says.

    Args:
        recorded: the messages of every episode; or {task id: messages}; or {(task id, sample): messages}. A message is
            a text or a whole `Reply`.
        name: stored with every trajectory.
    """

    def __init__(
        self,
        recorded: Sequence[str | Reply] | Mapping[str | tuple[str, int], Sequence[str | Reply]],
        name: str = "replay",
    ):
        self.name, self._recorded = name, recorded

    @classmethod
    def from_store(cls, path: Path, run: str) -> "ReplayPolicy":
        """Load the valid episodes of a stored run, with their token ids and logprobs where those were kept.

        Raises:
            UsageError: no such store or run, or the run has no valid episode.
        """
        if not Path(path).exists():
            raise UsageError(f"there is no store {str(path)!r} to replay {run!r} from")
        with Store(path) as store:
            recorded = {(t.task.id, t.sample): _replies(t) for t in store.select(run=run, valid=True)}
        if not recorded:
            raise UsageError(f"the run {run!r} in {path} has no valid episode to replay")
        return cls(recorded, name=f"replay:{run}")

    async def act(self, episode: Episode) -> Reply:
        """Answer with the recorded message of this turn.

        Raises:
            PolicyError: the task was not recorded, or the episode goes on after its last recorded message.
        """
        messages = self._messages(episode)
        turn = episode.memory["turn"] = episode.memory.get("turn", -1) + 1
        if turn >= len(messages):
            raise PolicyError(
                f"{self.name}: task {episode.task.id} goes on after its {len(messages)} recorded messages"
            )
        message = messages[turn]
        return Reply(message) if isinstance(message, str) else message

    async def close(self) -> None:
        """Nothing to release."""

    def _messages(self, episode: Episode) -> Sequence[str | Reply]:
        if not isinstance(self._recorded, Mapping):
            return self._recorded
        task, sample = episode.task.id, episode.sample
        for key in ((task, sample), task):
            if key in self._recorded:
                return self._recorded[key]
        raise PolicyError(f"{self.name}: sample {sample} of task {task} ({episode.task.env}) was not recorded")


def _replies(trajectory: Trajectory) -> list[Reply]:
    own = (message for message in trajectory.messages if message["role"] == "assistant" and "shot" not in message)
    texts = [message["content"] for message in own]
    return [
        Reply(
            text,
            step.finish,
            step.usage.prompt_tokens,
            step.usage.completion_tokens,
            step.token_ids,
            step.logprobs,
            step.usage.cached_tokens,
            trajectory.served,
            step.origin,
            step.reasoning,
        )
        for text, step in zip(texts, trajectory.steps, strict=True)
    ]
