"""The bare loops of `engine.py`: one event loop, nothing kept. `engine_bare.py openai|aiohttp URL SLOTS EPISODES`."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from engine_task import MODEL, SYSTEM, answer, measure, prompt, reward

Chat = Callable[[list[dict]], Awaitable[str]]


async def with_openai(url: str, slots: int, numbers: Sequence[int]) -> list[float]:
    """The SDK as its documentation shows it."""
    import openai

    async with openai.AsyncOpenAI(base_url=url) as client:

        async def chat(messages: list[dict]) -> str:
            completion = await client.chat.completions.create(model=MODEL, messages=messages)
            return completion.choices[0].message.content

        return await play_all(chat, slots, numbers)


async def with_aiohttp(url: str, slots: int, numbers: Sequence[int]) -> list[float]:
    """No SDK: as little as can be done in Python."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=slots)) as session:

        async def chat(messages: list[dict]) -> str:
            async with session.post(f"{url}/chat/completions", json={"model": MODEL, "messages": messages}) as response:
                return json.loads(await response.read())["choices"][0]["message"]["content"]

        return await play_all(chat, slots, numbers)


async def play_all(chat: Chat, slots: int, numbers: Sequence[int]) -> list[float]:
    waiting, rewards = iter(numbers), []

    async def slot() -> None:
        for number in waiting:
            rewards.append(await episode(chat, number))

    await asyncio.gather(*(slot() for _ in range(slots)))
    return rewards


async def episode(chat: Chat, number: int) -> float:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt(number)}]
    while True:
        reply = await chat(messages)
        messages.append({"role": "assistant", "content": reply})
        if (seen := answer(reply)) is None:
            return reward(reply)
        messages.append({"role": "user", "content": seen})


def play(url: str, slots: int, numbers: Sequence[int], _folder: Path) -> list[float]:
    return asyncio.run(with_chosen(url, slots, numbers))


if __name__ == "__main__":
    with_chosen = {"openai": with_openai, "aiohttp": with_aiohttp}[sys.argv.pop(1)]
    measure(play)
