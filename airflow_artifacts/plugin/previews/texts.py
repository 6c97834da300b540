"""The beginning of texts, whatever they are written in."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from airflow_artifacts.plugin.previews.kinds import Kind
    from airflow_artifacts.plugin.previews.reading import BudgetReader

TEXT_BYTES = 256 * 1024
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_STRANGE = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_MOST_STRANGE = 0.3


class Text(NamedTuple):
    """The beginning of a text, and whether there is more of it."""

    text: str
    is_cut: bool


def read_text(reader: BudgetReader, limit: int = TEXT_BYTES) -> Text | None:
    """Read the beginning of a text; None where the bytes are something else.

    Args:
        reader: The file.
        limit: How many bytes to read.

    Raises:
        StorageError: The store failed.
    """
    data = reader.fetch(0, limit)
    is_cut = reader.size > len(data)
    text = _decode(data, is_cut=is_cut)
    return None if text is None else Text(text, is_cut)


def text_preview(kind: Kind, found: Text, size: int) -> dict[str, Any]:
    """Give the preview of a text."""
    return {
        "type": kind.name,
        "text": found.text,
        "language": kind.language,
        "size": size,
        "is_cut": found.is_cut,
    }


def clean(text: str) -> str:
    """Replace lone surrogates, which no JSON in UTF-8 holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _decode(data: bytes, *, is_cut: bool) -> str | None:
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    encoding = _MARKS.get(mark, "utf-8")
    body = data[len(mark) :]
    if encoding == "utf-8" and b"\0" in body:
        return None
    # What the limit leaves of the last character is dropped.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(body, final=not is_cut)
    strange = sum(1 for _ in _STRANGE.finditer(text))
    return text if strange <= _MOST_STRANGE * len(text) else None
