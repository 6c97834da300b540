"""What the Hub's client raises, as errors that say whether trying again can help."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import (
    ArtifactsError,
    HubConflictError,
    HubError,
    HubNotFoundError,
    HubQuotaError,
    HubRefusedError,
)
from airflow_artifacts.storage.urls import scrub

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFLICT = frozenset({409, 412})
_QUOTA = 429
_PASSING = frozenset({408, 425})
_SERVER = 500
_TEXT_LIMIT = 500  # characters of what a server says
_RESET = re.compile(r"\br\s*=\s*0\s*;\s*t\s*=\s*(\d+)")
_AFTER = re.compile(r"\s*(\d+)\s*\Z")
_XET = re.compile(r"HTTP status client error \((4\d\d) ")  # as hf_xet words answers of 400 to 499
_WAIT = 60.0  # seconds, where the Hub does not say how long
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_REMEDIES = {
    _UNAUTHORIZED: " The token is not valid, or not any more. Create one on the Hub, and use it instead.",
    _FORBIDDEN: " Use a token that may do this: one of the role write, or a fine-grained one for this repository.",
}


@contextlib.contextmanager
def hub_errors(action: str, url: str, token: str | None) -> Iterator[None]:
    """Turn what the client raises into errors of this package.

    Args:
        action: What was tried, as in "push to".
        url: What it was tried on.
        token: What must not be shown.

    Raises:
        HubRefusedError: The Hub refuses, and will the next time.
        HubNotFoundError: There is no such repository, revision or file, or the token may not see it.
        HubConflictError: Something came in between.
        HubQuotaError: There were too many requests.
        HubError: The Hub or the way to it failed.
    """
    try:
        yield
    except ArtifactsError:
        raise
    except Exception as error:  # noqa: BLE001 - of several libraries, and none of it may show the token
        raise _translated(error, action, url, token) from None


def _translated(error: Exception, action: str, url: str, token: str | None) -> ArtifactsError:
    from huggingface_hub import errors

    text = _text(error, token)
    for each in (error, error.__cause__):  # the client hides some answers behind errors without a status
        if isinstance(each, errors.HfHubHTTPError):
            return _of_answer(each, action, url, text, is_known=token is not None)
        if isinstance(each, errors.OfflineModeIsEnabled):
            return HubRefusedError(action, url, "HF_HUB_OFFLINE is set, so that nothing is asked. Unset it.")
    if isinstance(error, errors.HFValidationError):
        return HubRefusedError(action, url, text)
    if (found := _XET.search(text)) and int(found[1]) not in {*_CONFLICT, *_PASSING, _QUOTA}:
        return HubRefusedError(action, url, text + _REMEDIES.get(int(found[1]), ""))
    return HubError(action, url, f"{type(error).__name__}: {text}")


def _of_answer(error: Any, action: str, url: str, text: str, *, is_known: bool) -> ArtifactsError:
    from huggingface_hub import errors

    status = error.response.status_code
    if status == _FORBIDDEN or (status == _UNAUTHORIZED and is_known):
        # Who shows no token gets a 401 for what is not there; a token that is valid gets a 404 for it.
        return HubRefusedError(action, url, text + _REMEDIES[status])
    if isinstance(
        error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError | errors.RemoteEntryNotFoundError
    ):
        return HubNotFoundError(action, url, text)
    if status == _QUOTA:
        return HubQuotaError(action, url, _seconds(error.response.headers))
    if status in _CONFLICT:
        return HubConflictError(action, url, text)
    if status >= _SERVER or status in _PASSING:
        return HubError(action, url, text)
    return HubRefusedError(action, url, text)


def _seconds(headers: Any) -> float:
    """Read how long the Hub wants to be left alone: ``RateLimit: "api";r=0;t=55``, or ``Retry-After: 55``."""
    found = _RESET.findall(headers.get("ratelimit", "")) or _AFTER.findall(headers.get("retry-after", ""))
    return max(map(float, found), default=_WAIT)


def _text(error: Exception, token: str | None) -> str:
    cause = error.__cause__
    text = f"{error}" if cause is None or str(cause) in str(error) else f"{error} {cause}"
    text = " ".join(text.split())
    words = (token or "").split()  # what is no token may have line breaks, which are shown otherwise
    for word in words:
        text = text.replace(word, "***")
    shown = scrub(text)
    return shown if len(shown) <= _TEXT_LIMIT else f"{shown[:_TEXT_LIMIT]}..."
