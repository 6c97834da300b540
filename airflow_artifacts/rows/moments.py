"""Dates, times and time zones as bytes, exact to the microsecond, the fold and the zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ormsgpack

from airflow_artifacts.exceptions import UnknownTimeZoneError
from airflow_artifacts.rows.refusals import Refused

_Zone = str | list[Any] | None


def encode_datetime(value: datetime) -> bytes:
    """Write a date and time, and its fold and zone; a subclass (pandas', pendulum's) as a plain one.

    Raises:
        Refused: A plain one cannot hold it.
    """
    value = _without_pytz(value)
    try:
        # From the attributes: a pandas Timestamp outside of the years 1 to 9999 has others than it inherits.
        day = (value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)
        local = datetime(*day)  # noqa: DTZ001 - the zone is written beside it
    except (TypeError, ValueError) as error:
        raise Refused(f"it is {value!r}, which is no datetime. Use None, or keep it as text.") from error
    if getattr(value, "nanosecond", 0):
        raise Refused("it has nanoseconds, which datetime has not. Keep it as text or as a NumPy datetime64.")
    return ormsgpack.packb([local.isoformat(), value.fold, _encode_zone(value.tzinfo)])


def decode_datetime(data: bytes) -> datetime:
    """Read what ``encode_datetime`` wrote."""
    local, fold, zone = ormsgpack.unpackb(data)
    return datetime.fromisoformat(local).replace(tzinfo=_decode_zone(zone), fold=fold)


def encode_time(value: time) -> bytes:
    """Write a time of day, and its fold and zone.

    Raises:
        Refused: Its zone cannot be written.
    """
    local = value.replace(tzinfo=None, fold=0).isoformat()
    return ormsgpack.packb([local, value.fold, _encode_zone(value.tzinfo)])


def decode_time(data: bytes) -> time:
    """Read what ``encode_time`` wrote."""
    local, fold, zone = ormsgpack.unpackb(data)
    return time.fromisoformat(local).replace(tzinfo=_decode_zone(zone), fold=fold)


def _without_pytz(value: datetime) -> datetime:
    """Give a datetime with a zone of pytz, which older versions of pandas use, with the same zone of zoneinfo."""
    name = getattr(value.tzinfo, "zone", None)
    return value.astimezone(ZoneInfo(name)) if isinstance(name, str) and _is_known(name) else value


def _encode_zone(zone: Any) -> _Zone:
    """Write a zone: None, its IANA key, or [seconds, microseconds, name] of one whose offset never changes."""
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo) and zone.key and _is_known(zone.key):
        return str(zone.key)
    try:
        fixed = timezone(zone.utcoffset(None))
        name = zone.tzname(None)
    except Exception as error:
        raise Refused(
            f"its time zone is a {type(zone).__module__}.{type(zone).__qualname__}, which has no name to look up. "
            "Convert it with .astimezone(zoneinfo.ZoneInfo('<name>')) or .astimezone(datetime.timezone.utc)."
        ) from error
    offset = fixed.utcoffset(None)
    return [
        offset.days * 86400 + offset.seconds,
        offset.microseconds,
        None if name == fixed.tzname(None) else name,
    ]


def _is_known(key: str) -> bool:
    try:
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _decode_zone(zone: _Zone) -> ZoneInfo | timezone | None:
    if zone is None:
        return None
    if isinstance(zone, str):
        try:
            return ZoneInfo(zone)
        except ZoneInfoNotFoundError as error:
            raise UnknownTimeZoneError(zone) from error
    seconds, microseconds, name = zone
    if (seconds, microseconds, name) == (0, 0, None):
        return timezone.utc
    offset = timedelta(seconds=seconds, microseconds=microseconds)
    return timezone(offset) if name is None else timezone(offset, name)
