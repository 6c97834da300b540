"""Secrets in texts that people may see and others may read: logs, XCom, records, cards, pushed files.

What a secret looks like is known of some; of others, whoever has one says so, for a time. In Airflow, its own list
of secrets is asked too.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MASK = "***"

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Whole words of a name. A "token" alone may be one of a text, such as that which ends it.
_NAME = re.compile(
    r"(?:^|[^a-z])(?:secrets?|pass(?:word|wd|phrase|code)s?|pwd|credentials?|connection_?string|"
    r"(?:api|access|account|private|secret|signing)[_-]?keys?|(?:api|access|auth|bearer|hf|refresh)[_-]?tokens?)"
    r"(?:$|[^a-z])"
)
_HUB_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{8,}")
_URL_PASSWORD = re.compile(r"(:/{1,2})[^/\s]*:[^/\s]*(?=@)")  # a Path has only one of the slashes
_URL_USER = re.compile(r"(https?://)[^/\s@]+(?=@)")
_BEARER = re.compile(r"\b(bearer|basic)\s+\S+", re.IGNORECASE)

_known: ContextVar[tuple[str, ...]] = ContextVar("known_secrets", default=())
_redactors: list[Callable[[str], str]] = []


def add_redactor(redact: Callable[[str], str]) -> None:
    """Say what else hides secrets in a text, from now on."""
    _redactors.append(redact)


@contextmanager
def known_secrets(*secrets: str | None) -> Iterator[None]:
    """Hide some texts, for a time, wherever ``mask_text`` meets them."""
    reset = _known.set((*_known.get(), *filter(None, secrets)))
    try:
        yield
    finally:
        _known.reset(reset)


def find_tokens(text: str) -> list[str]:
    """List the tokens of the Hugging Face Hub in a text."""
    return _HUB_TOKEN.findall(text)


def mask_text(text: str) -> str:
    """Hide secrets in a text."""
    for secret in _known.get():
        text = text.replace(secret, MASK)
    for redact in _redactors:
        text = redact(text)
    text = _URL_USER.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1{MASK}", text))
    return _HUB_TOKEN.sub(MASK, _BEARER.sub(rf"\1 {MASK}", text))


def masked(value: Any, name: str = "") -> Any:
    """Give a JSON value with the secrets in it hidden: by what they look like, and by their names.

    Args:
        value: The value.
        name: The key that it is under.
    """
    if isinstance(value, dict):
        return {key: masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, name) for item in value]
    if isinstance(value, str):
        return MASK if value and _NAME.search(words_of(name)) else mask_text(value)
    return value


def words_of(name: str) -> str:
    """Write a name in lower case, with its words apart."""
    return _WORD_START.sub("_", name).lower()
