"""What a server's answer, a chat completion, becomes: one `Reply`.

**Reasoning.** What a model thinks before its message is never sent back and never trained on. It comes in a field of
its own (`reasoning_content`, or `reasoning`), or at the head of the text: in a `<think>` block, or before a `</think>`
that the prompt opened. The message is the text behind it, without the line breaks between. A block that was never
closed leaves an empty message, which is the model's own mistake, as is a token limit spent on hidden reasoning.

**Token ids.** They are kept where they are those of the message and nothing else: not with reasoning, whose ids stand
among them, and not with a native tool call, which is rewritten. Log-probabilities are kept with their ids only.

**Native tool calls.** The first one is the action. Others are left out, as `parallel_tool_calls=false` had asked for:
the next request shows the model that it made one call, and it can make the others then.
"""

from dataclasses import replace
from typing import Any

from envs.core import AgentEnv
from rollout import native
from rollout.policy import Reply
from rollout.trajectory import Usage

__all__ = ["Unreadable", "read", "usage_of"]

_BROKEN_OFF = ("abort", "content_filter", "error")


class Unreadable(Exception):
    """The server answered, but not with a reply."""


def read(answer: Any, env: AgentEnv | None = None) -> Reply:
    """Take a chat completion (parsed JSON) apart.

    Args:
        answer: the server's, of a request for one choice.
        env: the environment whose tools the request offered; None for a request without `tools`.

    Raises:
        Unreadable: it is not one, the server itself broke the reply off, or its token ids contradict it.
    """
    try:
        reply, function = _parts(answer, env is not None)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise Unreadable(f"not a chat completion: {answer!r}"[:300]) from None
    if function is None:
        return reply
    return replace(reply, text=native.action(env, *function, reply.text), origin="tools")


def usage_of(answer: Any) -> Usage:
    """The tokens that an answer was charged with, readable or not; none where it does not say."""
    usage = answer.get("usage") if isinstance(answer, dict) else None
    if not isinstance(usage, dict):
        return Usage()
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0, cached)


def _parts(answer: Any, offered_tools: bool) -> tuple[Reply, tuple[str, str] | None]:
    """The reply with the content as its text, and the name and the arguments of the first native call, if there is one.

    Whatever an answer of another shape raises is raised.
    """
    choice = answer["choices"][0]
    message, reason = choice["message"], choice.get("finish_reason")
    if reason in _BROKEN_OFF:
        raise Unreadable(f"the server broke the reply off ({reason})")
    function = None
    if offered_tools and message.get("tool_calls"):
        called = message["tool_calls"][0]["function"]
        function = called["name"], called["arguments"] or ""
        if not all(isinstance(part, str) for part in function):
            raise Unreadable(f"its call is {called!r}"[:200])
    content, reasoning = _content(message, may_be_missing=function is not None or reason == "length")
    thinking, text = _without_thinking(content)
    token_ids, logprobs = _tokens(choice)
    spent = usage_of(answer)
    whole = text == content and not reasoning and function is None
    reply = Reply(
        text,
        "length" if reason == "length" else "stop",
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        token_ids=token_ids if whole else None,
        logprobs=logprobs if whole else None,
        cached_tokens=spent.cached_tokens,
        served=answer.get("model") or "",
        reasoning="\n".join(filter(None, [reasoning, thinking])),
    )
    return reply, function


def _content(message: dict[str, Any], may_be_missing: bool) -> tuple[str, str]:
    """The text of a message, and the reasoning that came in a field of its own."""
    reasoning = message.get("reasoning_content") or message.get("reasoning") or ""
    content = message.get("content")
    if content is None:
        content = message.get("refusal")  # of OpenAI's models under a strict schema: words of the model all the same
    if content is None and (reasoning or may_be_missing):
        content = ""
    if not isinstance(content, str):
        raise Unreadable(f"its content is {content!r}"[:200])
    return content, reasoning


def _without_thinking(content: str) -> tuple[str, str]:
    """What stands in the `<think>` block at the head of a text, and the message behind it."""
    head, closing, rest = content.partition("</think>")
    opened = head.lstrip().startswith("<think>")
    if not opened and (not closing or "<think>" in head):
        return "", content
    return head.lstrip().removeprefix("<think>").strip(), rest.lstrip("\n")


def _tokens(choice: dict[str, Any]) -> tuple[list[int] | None, list[float] | None]:
    """The sampled ids, and one log-probability for each, where the server returned them."""
    token_ids, chances = choice.get("token_ids"), (choice.get("logprobs") or {}).get("content")
    if token_ids is None:
        return None, None
    if not all(isinstance(token, int) for token in token_ids):
        raise Unreadable(f"its token ids are {token_ids!r}"[:200])
    if chances is None:
        return token_ids, None
    if len(chances) != len(token_ids):
        raise Unreadable(f"it has {len(token_ids)} token ids and {len(chances)} log-probabilities")
    return token_ids, [float(chance["logprob"]) for chance in chances]
