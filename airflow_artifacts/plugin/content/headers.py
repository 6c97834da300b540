"""What a browser is told of a file that somebody stored, so that nothing in it runs as a page of Airflow.

What may be shown is shown in an origin of its own (``sandbox``), where no script runs and from where nothing is
fetched, not even from Airflow: a request that an artifact makes would be one of the user who looks at it.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

PROTECTION = {
    # Airflow compresses what has no encoding, and then neither the length nor the ranges would be right.
    "Content-Encoding": "identity",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Headers of whatever is answered."""

PDF = "application/pdf"

_PAGE_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
SANDBOX = f"sandbox; {_PAGE_POLICY}"
"""Policy of everything but PDF."""

# Browsers have viewers for PDF, of which some refuse to work in a sandbox: Firefox's does, and Chromium's did for
# years. Such a viewer is a page of the browser, in an origin of its own: a script in the file runs in the viewer's
# interpreter for PDF, which knows neither the document around it, nor cookies, nor how to fetch. And the file can
# not be taken for HTML: its type is not guessed (nosniff), and that it begins as PDF does is checked. Even as HTML
# it could not run a script or load anything under this policy.
PDF_POLICY = _PAGE_POLICY

_IMAGES = ("apng", "avif", "bmp", "gif", "jpeg", "png", "svg+xml", "vnd.microsoft.icon", "webp", "x-icon")
# Those that browsers play. Other types are also playlists, whose URLs a player would fetch.
_AUDIO = ("aac", "flac", "mp4", "mpeg", "ogg", "opus", "wav", "webm", "x-wav")
_VIDEO = ("mp4", "ogg", "quicktime", "webm")
_SHOWN = frozenset(
    {
        *(f"image/{name}" for name in _IMAGES),
        *(f"audio/{name}" for name in _AUDIO),
        *(f"video/{name}" for name in _VIDEO),
        PDF,
        "text/html",
    }
)
# A page of Airflow that could be made to load a file as its own script or style would refuse it as this.
_INERT = dict.fromkeys(
    ("application/ecmascript", "application/javascript", "text/css", "text/ecmascript", "text/javascript"),
    "text/plain",
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._~+=@()-]")  # what is put between quotes, with no way to escape it
_BAD_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def may_be_shown(media_type: str) -> bool:
    """Say whether a browser may show a file of the type, instead of saving it."""
    return media_type in _SHOWN


def content_headers(name: str, media_type: str, *, inline: bool) -> dict[str, str]:
    """Give the headers that say what an answer's body is, and how it is to be treated.

    Args:
        name: Name of the file.
        media_type: Its media type, clean.
        inline: Whether it may be shown.
    """
    media_type = _INERT.get(media_type, media_type)
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return {
        **PROTECTION,
        "Content-Disposition": disposition(name, inline=inline),
        "Content-Security-Policy": PDF_POLICY if inline and media_type == PDF else SANDBOX,
        "Content-Type": f"{media_type}{charset}",
    }


def disposition(name: str, *, inline: bool) -> str:
    """Write the header Content-Disposition (RFC 6266), with a name in ASCII for what cannot read the real one."""
    safe = "".join("_" if _is_odd(character) else character for character in name)
    plain = _NOT_PLAIN.sub("_", safe)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _is_odd(character: str) -> bool:
    """Say whether a character leads into a folder, or does something instead of being shown."""
    return character in "/\\" or unicodedata.category(character) in _BAD_CATEGORIES
