"""`python -m envs.serve_mcp`: the tools of one episode over the Model Context Protocol, for any MCP client to act in.

The server speaks over its standard input and output, as clients start it. The task is in the server's instructions; the
result of the call that ends the episode says the reward.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import tyro

from envs.cli import main, parse_options
from envs.core import AgentEnv
from envs.registry import make, pick_task
from envs.types import ToolCall

__all__ = ["serve_mcp"]


def serve_mcp(
    env: Annotated[str, tyro.conf.Positional],
    index: int = 0,
    split: str = "train",
    tasks: str | None = None,
    env_options: tuple[str, ...] = (),
) -> int:
    """Offer the tools of one episode to an MCP client over standard input and output.

    Args:
        env: a short name or an id, e.g. api.
        index: which task of the split or of the file, from 0.
        split: train, explore, dev, test or novel.
        tasks: take the task from this file (FILE.jsonl or LOADER:PATH) instead of the split.
        env_options: options of the environment itself, as NAME=VALUE: sandbox=docker.

    Returns:
        0 when the task was solved before the client left, 1 when not.
    """
    # Tool calls come as JSON, and hermes writes any JSON call and reads it back as it was.
    world = make(env, split=split, format="hermes", **parse_options(env_options))
    task = pick_task(world, index, tasks)
    # An environment lives on one thread; the protocol has the event loop.
    with ThreadPoolExecutor(1) as thread:
        episode = _Episode(world, thread)
        thread.submit(episode.start, task).result()
        try:
            asyncio.run(_serve(episode))
        finally:
            thread.submit(world.close).result()
    return int(episode.reward < 1)


class _Episode:
    """An environment in the middle of a task, played call by call."""

    def __init__(self, world: AgentEnv, thread: ThreadPoolExecutor):
        self.world, self.thread = world, thread
        self.reward, self.ended = 0.0, False

    def start(self, task) -> None:
        self.prompt, _ = self.world.reset(seed=0, options={"task": task})

    async def call(self, name: str, arguments: dict) -> tuple[str, bool]:
        """Run a tool; returns what it says and whether it was a mistake."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._call, name, arguments)

    def _call(self, name: str, arguments: dict) -> tuple[str, bool]:
        if self.ended:
            return "The episode has ended. Start the server again for another.", True
        _, reward, terminated, truncated, info = self.world.step(self.world.write(ToolCall(name, arguments)))
        text = self.world.observation
        if terminated or truncated:
            self.ended, self.reward = True, reward
            text += f"\nThe episode has ended. Reward: {self.reward:g}"
        return text, info["error"] is not None


async def _serve(episode: _Episode) -> None:
    from mcp import types
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server

    async def list_tools(_, __) -> types.ListToolsResult:
        specs = episode.world.specs.values()
        return types.ListToolsResult(
            tools=[types.Tool(name=s.name, description=s.description, input_schema=s.parameters) for s in specs]
        )

    async def call_tool(_, asked: types.CallToolRequestParams) -> types.CallToolResult:
        text, mistaken = await episode.call(asked.name, asked.arguments or {})
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=mistaken)

    instructions = f"{episode.world.instructions}\n\n{episode.prompt}"
    server = Server(episode.world.id, instructions=instructions, on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    main(serve_mcp)
