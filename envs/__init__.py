"""Agent environments with checkable rewards: text in, text out, each a `gymnasium.Env[str, str]`.

from envs import make
env = make("db", split="dev")
observation, info = env.reset(seed=0)
"""

from envs.core import AgentEnv, Solution
from envs.errors import ModelError, ToolError, UsageError, WorldError
from envs.registry import env_ids, load_tasks, make, register_with_gymnasium
from envs.tool import tool
from envs.types import SPLITS, Generated, Message, Task, ToolCall, ToolSpec

__all__ = [
    "SPLITS",
    "AgentEnv",
    "Generated",
    "Message",
    "ModelError",
    "Solution",
    "Task",
    "ToolCall",
    "ToolError",
    "ToolSpec",
    "UsageError",
    "WorldError",
    "env_ids",
    "load_tasks",
    "make",
    "register_with_gymnasium",
    "tool",
]
