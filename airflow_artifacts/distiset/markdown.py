"""Values in Markdown, so that none of them becomes markup, HTML, a table's border or a fence of the card."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any
from urllib.parse import quote

from airflow_artifacts.distiset.conversion import in_order

_CUT = 300  # characters of a text in an example
_ITEMS = 8  # items of a list, and fields below the first level, in an example
_DEPTH = 6
_PLAIN = r"[A-Za-z0-9_.,:;/=+@%()\[\]{}\"'#?!*~$\\-]+"
_SIMPLE = re.compile(rf"{_PLAIN}(?: {_PLAIN})*\Z")


def inline(value: object) -> str:
    """Write a value as plain text in one line."""
    line = _one_line(str(value)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~$#!])", r"\\\1", line)


def code(value: object) -> str:
    """Write a value as code in one line."""
    line = _one_line(str(value))
    if _SIMPLE.match(line):
        return f"`{line}`"
    escaped = re.sub(r"[^A-Za-z0-9 .,:;/=+\x80-\U0010ffff-]", lambda match: f"&#{ord(match[0])};", line)
    return f"<code>{escaped}</code>"


def link(path: str) -> str:
    """Write a relative path as the target of a link."""
    return quote(path, safe="/", errors="surrogatepass")


def json_line(value: Any) -> str:
    """Write JSON values in one line, cut where it is long."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if len(line) <= _CUT else f"{line[:_CUT]}..."


def string(value: str) -> str:
    """Write a text as a literal that Python and JSON read alike, without ``<`` for the fences' sake."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").encode(errors="replace").decode()


def json_block(value: Any) -> str:
    """Write a row as indented JSON, long values cut."""
    block = json.dumps(_shown(value, 0), indent=2, ensure_ascii=False)
    return block.replace("<", "\\u003c").encode(errors="replace").decode()


def size(number: int) -> str:
    """Write a number of bytes for people, with the Hub's decimal units."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":  # noqa: PLR2004
            break
        amount /= 1000
    return f"{number} B" if unit == "B" else f"{amount:.1f} {unit}"


def _one_line(text: str) -> str:
    """Replace line breaks and control characters by blanks, and what UTF-8 cannot hold by question marks."""
    line = re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", text).strip()
    return line.encode(errors="replace").decode()


def _shown(value: Any, depth: int) -> Any:
    """Turn a value into short JSON values."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{base64.b64encode(bytes(value[:24])).decode()} ({len(value)} bytes, base64)"
    if isinstance(value, dict) and depth < _DEPTH:
        return {str(key): _shown(item, depth + 1) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        value = in_order(value)
    if isinstance(value, list | tuple) and depth < _DEPTH:
        items = list(value)
        shown = [_shown(item, depth + 1) for item in items[:_ITEMS]]
        return [*shown, f"... {len(items) - _ITEMS} more"] if len(items) > _ITEMS else shown
    text = str(value)
    return text if len(text) <= _CUT else f"{text[:_CUT]}..."
