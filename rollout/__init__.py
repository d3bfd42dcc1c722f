"""Policies play environments, and every episode is kept.

from rollout import Sampling, Store, make_policy
from rollout.collect import collect_tasks, select_tasks

collect_tasks(select_tasks("db", n=20), "expert", run="first")
with Store() as store:
    for trajectory in store.select("first", success=True):
        print(trajectory.messages)
"""

from rollout.episode import run_episode
from rollout.policies import Sampling, make_policy
from rollout.policy import ContextFull, Episode, Policy, PolicyError, Reply
from rollout.store import Store
from rollout.trajectory import Step, Stop, Trajectory, Usage

__all__ = [
    "ContextFull",
    "Episode",
    "Policy",
    "PolicyError",
    "Reply",
    "Sampling",
    "Step",
    "Stop",
    "Store",
    "Trajectory",
    "Usage",
    "make_policy",
    "run_episode",
]
