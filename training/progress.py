"""How a training goes on, a line at a time: step, loss, speed, what is trained, what is left."""

import time

from rich.console import Console
from transformers import TrainerCallback

__all__ = ["Progress"]


class Progress(TrainerCallback):
    """Prints a line after an optimiser step, at most one in `every` seconds, and one at the end.

    Args:
        tokens: of one epoch.
        trained: those of them that have a loss, where that is worth telling.
        every: seconds.
    """

    def __init__(self, tokens: int, trained: int | None = None, every: float = 10.0):
        self._tokens, self._every = tokens, every
        self._share = "" if trained is None else f", {trained / tokens:.0%} trained"
        self._console = Console(highlight=False, soft_wrap=True)

    def on_train_begin(self, args, state, control, **kwargs):
        self._begun, self._first_step, self._shown = time.monotonic(), state.global_step, 0.0
        if state.global_step and state.is_world_process_zero:
            self._console.print(f"resumed at step {state.global_step} of {state.max_steps}")

    def on_log(self, args, state, control, logs, **kwargs):
        now, done = time.monotonic(), state.global_step - self._first_step
        if "loss" not in logs or not done or not state.is_world_process_zero:
            return
        if now - self._shown < self._every and state.global_step < state.max_steps:
            return
        self._shown, seconds = now, now - self._begun
        left = round((state.max_steps - state.global_step) * seconds / done)
        speed = self._tokens * args.num_train_epochs * done / state.max_steps / seconds
        self._console.print(
            f"step {state.global_step} of {state.max_steps} · loss {float(logs['loss']):.3f} · "
            f"{speed:,.0f} tokens/s{self._share} · {left // 60}:{left % 60:02} left"
        )
