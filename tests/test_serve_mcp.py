"""An MCP client acts in a live episode, through the protocol's own SDK."""

import asyncio
import sys

import pytest

from envs import make

mcp = pytest.importorskip("mcp")


async def in_episode(act, *words):
    """Start the server as a client does, and let `act(session, instructions)` play."""
    from mcp.client.stdio import stdio_client

    started = mcp.StdioServerParameters(command=sys.executable, args=["-m", "envs.serve_mcp", *words])
    async with stdio_client(started) as (incoming, outgoing), mcp.ClientSession(incoming, outgoing) as session:
        hello = await session.initialize()
        return await act(session, hello.instructions)


def test_a_client_lists_the_tools_calls_them_and_solves_the_task():
    env = make("api", split="dev", format="hermes")
    env.reset(options={"task": env.tasks("dev")[0]})

    async def play(session, instructions):
        assert env.task.prompt in instructions
        tools = (await session.list_tools()).tools
        assert {t.name: t.input_schema for t in tools} == {n: s.parameters for n, s in env.specs.items()}
        said = []
        for _, call in env.solve():
            result = await session.call_tool(call.name, call.arguments)
            assert not result.is_error
            env.step(env.write(call))
            said.append((result.content[0].text, env.observation))
        return said, (await session.call_tool("answer", {"text": "again"})).content[0].text

    said, after = asyncio.run(in_episode(play, "api", "--split", "dev"))
    assert [text for text, _ in said[:-1]] == [observation for _, observation in said[:-1]]
    assert said[-1][0] == f"{said[-1][1]}\nThe episode has ended. Reward: 1"
    assert after.startswith("The episode has ended.")


def test_a_call_changes_the_state_and_a_mistake_is_an_error_with_its_reason():
    tasks = make("api").tasks("train")
    index = next(i for i in range(100) if "create_event" in tasks[i].data["tools"])

    async def play(session, _):
        event = {"title": "Tea", "day": "2031-05-06", "start": "10:00", "minutes": 30}
        day = {"first_day": "2031-05-06"}
        before = await session.call_tool("list_events", day)
        await session.call_tool("create_event", event)
        after = await session.call_tool("list_events", day)
        return before.content[0].text, after.content[0].text, await session.call_tool("create_event", event)

    before, after, again = asyncio.run(in_episode(play, "api", "--index", str(index)))
    assert before == "Nothing is planned."
    assert '"title": "Tea"' in after
    assert again.is_error
    assert "overlaps Tea" in again.content[0].text
