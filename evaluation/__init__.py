"""Scores of policies on fixed suites of tasks, and paired comparisons of two runs.

from evaluation.comparison import compare_runs
from evaluation.metrics import score
from rollout import Store

with Store() as store:
    print(score(store.select("db-test-smollm2")).success)
    print(compare_runs(store.select("db-test-smollm2"), store.select("db-test-expert")).overall)
"""
