"""What the client raises, as errors of this package: whether a retry helps, and nothing secret in them."""

from __future__ import annotations

import traceback
from typing import Any

import httpx2
import pytest
from huggingface_hub import errors
from huggingface_hub.utils._http import hf_raise_for_status

from airflow_artifacts.exceptions import (
    HubConflictError,
    HubError,
    HubNotFoundError,
    HubQuotaError,
    HubRefusedError,
    UnsafeNameError,
)
from airflow_artifacts.hub.errors import hub_errors

URL = "https://hf.co/datasets/a/b"
TOKEN = "hf_abcdefghijklmnopqrstuvwxyz"  # noqa: S105 - of nobody


def answer(status: int, **headers: str) -> errors.HfHubHTTPError:
    """Give what the client raises for an answer."""
    request = httpx2.Request("GET", "https://hf.co/api/datasets/a/b", headers={"Authorization": f"Bearer {TOKEN}"})
    shown = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(errors.HfHubHTTPError) as caught:
        hf_raise_for_status(httpx2.Response(status, request=request, headers=shown))
    return caught.value


def translated(error: BaseException, token: str | None = TOKEN) -> HubError:
    with pytest.raises(HubError) as caught, hub_errors("push to", URL, token):
        raise error
    assert str(caught.value).startswith(f"Could not push to {URL}: ")
    assert caught.value.url == URL
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    return caught.value


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, HubRefusedError, False),
        (401, HubRefusedError, False),
        (402, HubRefusedError, False),
        (403, HubRefusedError, False),
        (404, HubRefusedError, False),
        (408, HubError, True),
        (409, HubConflictError, True),
        (410, HubRefusedError, False),
        (412, HubConflictError, True),
        (413, HubRefusedError, False),
        (425, HubError, True),
        (429, HubQuotaError, True),
        (500, HubError, True),
        (502, HubError, True),
        (503, HubError, True),
        (504, HubError, True),
    ],
)
def test_statuses(status: int, kind: type[HubError], retryable: bool) -> None:
    for error in (answer(status), caused(RuntimeError("while uploading"), answer(status))):
        found = translated(error)
        assert type(found) is kind
        assert found.retryable is retryable


@pytest.mark.parametrize("code", ["RepoNotFound", "RevisionNotFound", "EntryNotFound"])
def test_what_is_not_there(code: str) -> None:
    error = translated(answer(404, X_Error_Code=code))
    assert type(error) is HubNotFoundError
    assert not error.retryable
    assert isinstance(error, FileNotFoundError)


def test_who_shows_no_token_is_not_told_what_is_there() -> None:
    assert type(translated(answer(401), token=None)) is HubNotFoundError
    assert "The token is not valid" in str(translated(answer(401)))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": '"api"; r = 0 ; t = 7', "Retry_After": "9"}, 7),
        ({"RateLimit": '"api";r=500;t=300, "commits";r=0;t=3600'}, 3600),
        ({"RateLimit": '"api";r=5;t=300', "Retry_After": " 9 "}, 9),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60),
    ],
)
def test_how_long_a_quota_lasts(headers: dict[str, str], seconds: float) -> None:
    error = translated(answer(429, **headers))
    assert isinstance(error, HubQuotaError)
    assert error.seconds == seconds
    assert f"{seconds} s" in str(error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ConnectError("refused"), HubError),
        (errors.LocalEntryNotFoundError("no connection"), HubError),
        (caused(errors.LocalEntryNotFoundError("no connection"), httpx2.ReadTimeout("late")), HubError),
        (KeyError("url"), HubError),
        (ConnectionError("HTTP status client error (403 Forbidden), domain: x"), HubRefusedError),
        (ConnectionError("HTTP status client error (404 Not Found), domain: x"), HubRefusedError),
        (ConnectionError("HTTP status client error (429 Too Many Requests), domain: x"), HubError),
        (ConnectionError("HTTP status server error (503 Service Unavailable), domain: x"), HubError),
        (errors.HFValidationError("no id"), HubRefusedError),
        (errors.OfflineModeIsEnabled("offline"), HubRefusedError),
        (caused(errors.LocalEntryNotFoundError("x"), errors.OfflineModeIsEnabled("offline")), HubRefusedError),
        (caused(ValueError("Invalid metadata in README.md.\n- bad"), answer(400)), HubRefusedError),
    ],
)
def test_other_errors(error: BaseException, kind: type[HubError]) -> None:
    assert type(translated(error)) is kind


def test_a_hidden_cause_is_told() -> None:
    assert "RuntimeError: while uploading late" in str(
        translated(caused(RuntimeError("while\n uploading"), httpx2.ReadTimeout("late")))
    )


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"Illegal header value b'Bearer {TOKEN}\\n'", f"{TOKEN}\n"),
        (f"bad {TOKEN}", TOKEN),
        (f"https://user:{TOKEN}@hf.co/x?X-Amz-Signature={TOKEN}", None),
        (f"Bearer {TOKEN}\\nmore", f"{TOKEN}\nmore"),
    ],
)
def test_no_token_is_shown(text: str, token: str | None) -> None:
    assert "hf_" not in str(translated(RuntimeError(text), token))
    assert "hf_" not in str(translated(caused(RuntimeError("x"), ValueError(text)), token))


def test_long_texts_are_cut() -> None:
    assert len(str(translated(ValueError("x" * 10_000)))) < 700


def test_errors_of_this_package_pass() -> None:
    mine: Any = UnsafeNameError("path", "x", "y")
    with pytest.raises(UnsafeNameError) as caught, hub_errors("push to", URL, TOKEN):
        raise mine
    assert caught.value is mine
