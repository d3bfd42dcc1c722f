"""Made-up conversations in the forms that people keep them in, and episodes to make training rows of."""

from envs.types import Task
from rollout.trajectory import Step, Stop, Trajectory

__all__ = ["AGENTINSTRUCT", "CHAT", "OPENAI", "SHORT", "SYSTEM", "TOOL", "played"]

SYSTEM = "Add numbers."
SHORT = {"instruction": "Add", "input": "1 2", "output": "3"}
CHAT = {
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "weight": 0},
        {"role": "user", "content": "Go on"},
        {"role": "assistant", "content": "Bye"},
    ]
}
AGENTINSTRUCT = {
    "conversations": [
        {"from": "human", "loss": None, "value": "You may act.\nAction: Operation"},
        {"from": "gpt", "loss": False, "value": "Ok."},
        {"from": "human", "loss": None, "value": "How many rows?"},
        {"from": "gpt", "loss": True, "value": "Action: Operation\n```sql\nSELECT 1;\n```"},
        {"from": "human", "loss": None, "value": "[(17,)]"},
        {"from": "gpt", "loss": True, "value": 'Action: Answer\nFinal Answer: ["17"]'},
    ],
    "id": "db_0",
}
"""Made up, in the form of the published one."""
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = {"id": "call_x", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Bonn"}'}}
OPENAI = {
    "messages": [
        {"role": "developer", "content": "Help."},
        {"role": "user", "content": [{"type": "text", "text": "Bonn or "}, {"type": "text", "text": "Ulm?"}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL, CALL | {"id": "call_y"}], "weight": 0},
        {"role": "tool", "tool_call_id": "call_x", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_y", "content": "sun"},
        {"role": "assistant", "content": "Ulm.", "refusal": None},
    ],
    "tools": [TOOL],
    "parallel_tool_calls": True,
}


def played(number: int, split="train", run="teacher", steps=(), stop=Stop.FINISHED, reward=1.0, **options):
    """An episode of as many turns as there are steps; by default one good one."""
    task = Task(
        "Toy/Echo-v0", f"Make {number}.", {"goal": number}, split=split, difficulty=options.get("difficulty", 1)
    )
    steps = [Step(n, call={"name": "add", "arguments": {"n": n}}, **step) for n, step in enumerate(steps or [{}], 1)]
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": task.prompt}]
    for step in steps:
        messages.append({"role": "assistant", "content": f"Thought: add.\nAction: add\n{step.turn}"})
        messages.append({"role": "user", "content": f"Observation: <|im_end|> {step.turn}"})
    return Trajectory(run, task, 0, "expert", options.get("format", "react"), messages[:-1], steps, stop, reward)
