"""What is given on the command line, as values."""

from __future__ import annotations

import json
import re
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

_AGE = re.compile(r"(\d{1,5})([hdw])\Z")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def metadata_item(text: str) -> tuple[str, Any]:
    """Read ``key=value``. The value is JSON, and what is no JSON is a text.

    Raises:
        ArgumentTypeError: There is no key.
    """
    key, separator, value = text.partition("=")
    if not key or not separator:
        raise ArgumentTypeError(f"{text!r} is not of the form key=value")
    try:
        return key, json.loads(value, parse_constant=_refuse)
    except ValueError:
        return key, value


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and the infinities, which JSON does not have


def moment(text: str) -> datetime:
    """Read a date, or a date and a time, as ISO 8601; filters take one without a time zone for UTC.

    Raises:
        ArgumentTypeError: It is none.
    """
    from airflow_artifacts.artifacts.filters import parse_moment  # not needed when Airflow reads its commands

    try:
        return parse_moment(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date such as 2026-01-31 or 2026-01-31T12:00:00+00:00") from None


def count(text: str) -> int:
    """Read a number above 0.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def age(text: str) -> timedelta:
    """Read a number of hours, days or weeks.

    Raises:
        ArgumentTypeError: It is none.
    """
    match = _AGE.match(text)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is no age such as 12h, 30d or 4w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def version_reference(text: str) -> tuple[str, str]:
    """Read ``NAME@VERSION``.

    Raises:
        ArgumentTypeError: It names no version.
    """
    name, separator, version = text.removeprefix("artifact://").rpartition("@")
    if not separator or not name or not version:
        raise ArgumentTypeError(f"{text!r} is not of the form NAME@VERSION")
    return name, version
