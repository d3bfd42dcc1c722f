"""What stands behind `--policy` for a model on a server, taken apart: `MODEL[@URL[,URL...]][?key=value&...]`."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from envs.errors import UsageError, did_you_mean

__all__ = ["Spec", "host_of", "is_loopback", "parse_spec"]


@dataclass(frozen=True)
class Spec:
    """A policy's spec in its parts.

    Args:
        model: the name before the @.
        urls: where it is served, in the order given; empty when the spec names no server.
        options: what follows the question mark.
    """

    model: str
    urls: tuple[str, ...]
    options: dict[str, str]


def parse_spec(spec: str, keys: Collection[str]) -> Spec:
    """Take `spec` apart; `keys` are the options that the policy knows.

    Raises:
        UsageError: no model name, an unknown or repeated key, or a key without a value.
    """
    model, urls, query = re.fullmatch(r"([^?]*?)(?:@(https?:[^?]*))?(?:\?(.*))?", spec, re.DOTALL).groups()
    if not model:
        raise UsageError(f"{spec!r} names no model; write MODEL@URL, e.g. my-model@http://127.0.0.1:8000/v1")
    pairs = parse_qsl(query or "", keep_blank_values=True)
    options = dict(pairs)
    for key, value in pairs:
        if key not in keys:
            known = ", ".join(f"{known}=..." for known in keys)
            raise UsageError(f"{spec!r}: no option {key!r}.{did_you_mean(key, keys)} After the ? may stand {known}")
        if not value:
            raise UsageError(f"{spec!r}: the option {key!r} has no value; write {key}=...")
    if len(options) < len(pairs):
        raise UsageError(f"{spec!r} gives an option twice")
    return Spec(model, tuple(urls.split(",")) if urls else (), options)


def host_of(url: str) -> str:
    """The host of a server's URL.

    Raises:
        UsageError: it is not one.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is not the URL of a server; write it as http://127.0.0.1:8000/v1")
    return parts.hostname


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: a proxy cannot reach it there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
