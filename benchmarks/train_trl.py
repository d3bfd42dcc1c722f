"""TRL's stock SFTTrainer, the other side of benchmarks/train.py, which starts it.

Its defaults, but for what the comparison needs: the same batches in the same order, an adapter of the same shape, no
dialogue cut, and nothing saved or sent. `assistant_only_loss` needs marks in the chat template that SmolLM2's lacks, so
it gets an equal one that has them.
"""

import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `training.model` does, before torch is loaded

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer

from envs.cli import main

TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message.role != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}"
    "{% endif %}{% if message.role == 'assistant' %}<|im_start|>assistant\n"
    "{% generation %}{{ message.content + '<|im_end|>' }}{% endgeneration %}\n"
    "{% else %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class QuietTrainer(SFTTrainer):
    """TRL reports every trainer that is made to its authors."""

    def _send_telemetry(self) -> None:
        pass


class Clock(TrainerCallback):
    """The seconds of every optimiser step."""

    def __init__(self):
        self.steps: list[float] = []

    def on_step_begin(self, args, state, control, **kwargs):
        self._begun = time.monotonic()

    def on_step_end(self, args, state, control, **kwargs):
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.steps.append(round(time.monotonic() - self._begun, 3))


def train(data: Path, model: Path, out: Path, batch: int, rank: int, max_tokens: int) -> None:
    """Train an adapter for one epoch, and write one line for every step: tokens, trained, seconds.

    Args:
        data: JSON lines with `messages`.
        model: its folder.
        out: the file to write.
        batch: dialogues in one step.
        rank: of the adapter.
        max_tokens: of the longest dialogue.
    """
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    dialogues = [{"messages": [{k: m[k] for k in ("role", "content")} for m in row["messages"]]} for row in rows]
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = TEMPLATE
    clock, amounts = Clock(), []
    with tempfile.TemporaryDirectory() as scratch:
        config = SFTConfig(
            output_dir=scratch,
            use_cpu=not torch.cuda.is_available(),
            assistant_only_loss=True,
            max_length=max_tokens,
            num_train_epochs=1,
            per_device_train_batch_size=batch,
            train_sampling_strategy="sequential",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = QuietTrainer(
            str(model),
            args=config,
            train_dataset=Dataset.from_list(dialogues),
            processing_class=tokenizer,
            peft_config=LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM"),
            callbacks=[clock],
        )
        collate = trainer.data_collator

        def counted(examples):
            made = collate(examples)
            trained = int((made["labels"][:, 1:] != -100).sum())
            amounts.append({"tokens": int(made["attention_mask"].sum()), "trained": trained})
            return made

        trainer.data_collator = counted
        trainer.train()
    steps = [amount | {"seconds": seconds} for amount, seconds in zip(amounts, clock.steps, strict=True)]
    if torch.cuda.is_available():
        steps[-1]["gpu_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    out.write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")


if __name__ == "__main__":
    main(train)
