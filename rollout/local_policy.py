"""A transformers model in this process as a policy. One background thread writes for all episodes at once."""

import asyncio
import atexit
import os
import queue
import threading
import warnings
from concurrent.futures import Future
from pathlib import Path
from random import Random

# OpenMP reads this once, when torch is loaded. Threads that wait by spinning lose several times their speed as soon as
# another process wants a core.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from envs.errors import UsageError
from rollout.chat import prompt_ids, stop_ids
from rollout.decode import Decoder, Request
from rollout.manifest import Manifest
from rollout.policies import Sampling
from rollout.policy import ContextFull, Episode, PolicyError, Reply
from rollout.student import STUDENTS, student_path

__all__ = ["LocalPolicy", "computes_in_bfloat16", "load_model"]

_MAX_THREADS = 8
"""A small model's matrices are not worth dividing further."""


class LocalPolicy:
    """Acts with a model in this process; `load` finds one in a folder.

    The prompt of every turn is `chat.prompt_ids(messages)`, exactly what `chat.render` takes for that turn's context:
    what is trained on is what was shown. Draws depend on the episode's seed alone, not on who else is in the batch; but
    rounding depends on the batch, so in bfloat16 a near tie may still fall differently.

    Args:
        model: used as it is, not copied; until `close` it is in evaluation mode and has the decoder's attention.
        tokenizer: the model's.
        sampling: how tokens are drawn.
        name: stored with every trajectory.
        batch: episodes whose turns are written at the same time; more wait.
        context: tokens of the longest conversation, at most what the model takes.

    Raises:
        UsageError: the model has no chat template or cannot be run here.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        sampling: Sampling,
        *,
        name: str,
        batch: int = 32,
        context: int = 2048,
    ):
        self.name, self._tokenizer = name, tokenizer
        self._sampling, self._stop_ids = sampling, stop_ids(self._tokenizer)
        self._context = min(context, model.config.max_position_embeddings)
        self._decoder = Decoder(
            model,
            self._stop_ids,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            slots=batch,
            context=self._context,
        )
        self._inbox: queue.SimpleQueue[tuple[Request, Future] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="model", daemon=True)
        self._thread.start()
        atexit.register(self._end)  # a process that exits while torch computes in a thread is aborted

    @classmethod
    def load(
        cls, path: Path, sampling: Sampling, *, adapter: Path | None = None, name: str | None = None, **options: int
    ) -> "LocalPolicy":
        """Act with a model folder, or with an adapter folder whose manifest names its base.

        Args:
            path: a Hugging Face model folder, or an adapter folder (peft's files and our `manifest.json`).
            adapter: an adapter folder to merge into the model at `path`, whatever base its manifest names.
            name: by default the name of the folder.
            options: `batch` and `context`.

        Raises:
            UsageError: a folder is missing or is not a model, the model has no chat template or cannot be run here.
        """
        return cls(*load_model(path, adapter), sampling, name=name or (adapter or path).name, **options)

    async def act(self, episode: Episode) -> Reply:
        """Write the next message.

        Raises:
            ContextFull: the prompt leaves no room for a token.
            PolicyError: the model failed, or the policy is closed.
        """
        prompt = prompt_ids(self._tokenizer, episode.messages)
        if len(prompt) >= self._context:
            raise ContextFull(f"the conversation has {len(prompt)} tokens, the context {self._context}")
        if not self._thread.is_alive():
            raise PolicyError("the local policy is closed")
        if "random" not in episode.memory:
            episode.memory["random"] = Random(self._sampling.episode_seed(episode))
        request, future = Request(prompt, self._sampling.max_tokens, episode.memory["random"]), Future()
        self._inbox.put((request, future))
        await asyncio.wrap_future(future)
        written = request.sampled[:-1] if request.finish == "stop" else request.sampled
        return Reply(
            text=self._tokenizer.decode(written, clean_up_tokenization_spaces=False),
            finish=request.finish,
            prompt_tokens=len(prompt),
            completion_tokens=len(request.sampled),
            token_ids=request.sampled,
            logprobs=request.logprobs,
        )

    async def close(self) -> None:
        """End the thread and let the model go. Turns that are being written are cancelled."""
        await asyncio.to_thread(self._end)
        atexit.unregister(self._end)
        self._decoder = None

    def _end(self) -> None:
        self._inbox.put(None)
        self._thread.join()

    def _serve(self) -> None:
        """The thread: take what has come in, step, hand out what is finished."""
        torch.set_num_threads(min(torch.get_num_threads(), _MAX_THREADS))
        futures: dict[Request, Future] = {}
        while True:
            while not futures or not self._inbox.empty():
                job = self._inbox.get()
                if job is None:
                    for future in futures.values():
                        future.cancel()
                    return
                futures[job[0]] = job[1]
                self._decoder.add(job[0])
            for request in [request for request, future in futures.items() if future.cancelled()]:
                self._forget(request, futures)
            if not futures:
                continue
            try:
                finished = self._decoder.step()
            except Exception as error:  # out of memory, a driver: these episodes are owed again, the policy lives on
                failure = PolicyError(f"the local model failed: {type(error).__name__}: {error}")
                for request in list(futures):
                    future = self._forget(request, futures)
                    if future.set_running_or_notify_cancel():
                        future.set_exception(failure)
                continue
            for request in finished:
                future = futures.pop(request)
                if future.set_running_or_notify_cancel():
                    future.set_result(None)

    def _forget(self, request: Request, futures: dict[Request, Future]) -> Future:
        self._decoder.drop(request)
        return futures.pop(request)


def load_model(path: Path, adapter: Path | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model and its tokenizer for inference, on the GPU when there is one.

    The weights are bfloat16 where the processor computes in it, float32 elsewhere. An adapter is merged in float32
    before they are rounded.

    Args:
        path: a model folder, or an adapter folder whose manifest names its base.
        adapter: an adapter folder for the model at `path`.

    Raises:
        UsageError: a folder is missing or holds something else.
    """
    transformers_logging.disable_progress_bar()
    if adapter is None and (path / "adapter_config.json").is_file():
        path, adapter = _base_of(path), path
    _expect(path, "config.json", "a model")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.bfloat16 if computes_in_bfloat16() else torch.float32
    if adapter is None:
        model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype, local_files_only=True)
    else:
        from peft import PeftModel

        _expect(adapter, "adapter_config.json", "an adapter")
        base = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, local_files_only=True)
        with warnings.catch_warnings():
            # peft reads a property that transformers has renamed.
            warnings.filterwarnings("ignore", ".is_gradient_checkpointing. is deprecated", FutureWarning)
            model = PeftModel.from_pretrained(base, adapter).merge_and_unload().to(dtype)
    own = adapter is not None and (adapter / "tokenizer_config.json").is_file()
    tokenizer = AutoTokenizer.from_pretrained(adapter if own else path, local_files_only=True)
    return model.to(device), tokenizer


def computes_in_bfloat16() -> bool:
    """Whether bfloat16 is faster here than float32: on a GPU, or a processor with AVX-512."""
    return torch.cuda.is_available() or torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def _base_of(adapter: Path) -> Path:
    """The folder of the model for which an adapter was trained."""
    base = Manifest.read(adapter).base
    return student_path(base) if base in STUDENTS else Path(base)


def _expect(folder: Path, file: str, what: str) -> None:
    if not (folder / file).is_file():
        raise UsageError(f"{str(folder)!r} is not {what} folder: it has no {file}")
