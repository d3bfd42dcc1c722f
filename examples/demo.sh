#!/usr/bin/env bash
# The main job, whole: evaluate the embedded student, let the expert teach it, tune it, evaluate it again on unseen tasks.
# Every stage is a command of its own that skips what is already done, so running this again goes on where it stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
out=runs/demo
store=$out/agenttuning.db
mkdir -p "$out"
started=$SECONDS
say() { printf '\n\033[1m[%dm%02ds] %s\033[0m\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)) "$1"; }

say "1/5  The student before: SmolLM2-135M-Instruct on unseen test tasks of the SQL world"
python -m evaluation.run --suite db-easy-test --n 80 --policy smollm2 --run before \
    --max-tokens 128 --concurrency 32 --store "$store"

say "2/5  The expert teaches: trajectories on training tasks"
python -m rollout.collect --env db --policy expert --split train --difficulty 1-2 --n 200 --run teacher --store "$store"

say "3/5  The filter keeps what is worth learning from"
python -m training.dataset --store "$store" --runs teacher --filters success,clean,unique --out "$out/data.jsonl"

say "4/5  LoRA trains the student on it"
python -m training.sft --data "$out/data.jsonl" --base smollm2 --method lora --epochs 3 --batch 4 --lr 2e-3 \
    --out "$out/student"

say "5/5  The student after, on the same unseen tasks"
python -m evaluation.run --suite db-easy-test --n 80 --policy "smollm2+$out/student" --run after \
    --max-tokens 128 --concurrency 32 --store "$store"

say "Before and after"
python -m evaluation.compare before after --store "$store"

cat <<END

Where to look next:
  $out/data.jsonl        what the student learned from (python -m training.dataset --help)
  $out/student/          the adapter, its tokenizer and template, and manifest.json: what it was trained on
  $store   every episode, turn by turn (SQLite)
  python -m envs.play db --expert          watch the expert solve a task
  python -m rollout.collect --env db --policy gpt-4 --n 20     let a teacher of yours collect (needs OPENAI_API_KEY)
END
