"""What a request asks for: all of a file, a part of it, or nothing, where the client has it (RFC 9110)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,100})-([0-9]{0,100})[ \t]*", re.IGNORECASE)


def is_at_hand(request: Request, etag: str) -> bool:
    """Say whether the client has the file with this ETag already (If-None-Match)."""
    tags = [tag.strip() for line in request.headers.getlist("if-none-match") for tag in line.split(",")]
    return "*" in tags or etag in {tag.removeprefix("W/") for tag in tags}


def wanted_span(request: Request, etag: str, size: int) -> range | None:
    """Give the offsets of the bytes that are asked for.

    Args:
        request: What is asked.
        etag: The file's ETag. With If-Range, a part is only for who has a part of the same file.
        size: Bytes of the file.

    Returns:
        The offsets; none of them for a range that the file does not have; None for the whole file, which is also
        the answer to a range that is malformed, to several ones, and to any of a file without bytes, as RFC 9110
        allows in 14.2.
    """
    if request.method != "GET" or request.headers.get("if-range", etag).strip() != etag:
        return None
    return parse_range(request.headers.get("range", ""), size)


def parse_range(text: str, size: int) -> range | None:
    """Read the header Range: see ``wanted_span``."""
    match = _RANGE.fullmatch(text)
    if match is None or not size:
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)
