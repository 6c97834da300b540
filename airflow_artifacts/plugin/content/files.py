"""A file of an artifact as the answer to a request."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.plugin.content.headers import (
    PDF,
    PROTECTION,
    SANDBOX,
    content_headers,
    may_be_shown,
)
from airflow_artifacts.plugin.content.parts import checked_parts, opened, span_parts
from airflow_artifacts.plugin.content.ranges import is_at_hand, wanted_span
from airflow_artifacts.plugin.content.streaming import PartsResponse
from airflow_artifacts.plugin.media_types import UNKNOWN, well_formed

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.storage import ObjectStore

logger = logging.getLogger(__name__)

_SIGNED_FOR = 300  # seconds in which a download has to begin at the store
_PDF_BEGINS = b"%PDF-"


def file_response(  # noqa: PLR0913
    request: Request, store: ObjectStore, key: str, file: FileRecord, *, media_type: str, inline: bool, sign: bool
) -> Response:
    """Answer a GET or HEAD request with a file, or with a part of it.

    The whole file is hashed on the way, and its last part is held back until all are known to be what was saved;
    else the connection is broken off, which any client takes for a failed download. Of a part, only the size of
    the whole is checked.

    This reads from the store, so it is to be called in a thread, as routes are that are no coroutines.

    Args:
        request: The request, whose Range, If-Range and If-None-Match are honoured.
        store: The store of the file.
        key: The file's key.
        file: The file's record.
        media_type: Its media type; what is none counts as that of any bytes.
        inline: Whether the browser may show it, if it is of a type that it may show.
        sign: Whether a download may be sent to the store itself, where that can sign URLs. The store then says
            what it knows: the file has the last part of the key for a name and mostly the type of any bytes, and
            neither its content nor anything of our headers is checked or said.

    Raises:
        ObjectNotFoundError: The store has no such object.
        DamagedObjectError: The object is not what was saved, as far as that is seen before anything is sent.
        StorageError: The store failed.
    """
    caching = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-cache", "ETag": f'"{file.sha256}"'}
    if is_at_hand(request, caching["ETag"]):
        return Response(status_code=304, headers={**PROTECTION, **caching})
    span = wanted_span(request, caching["ETag"], file.size)
    if span is not None and not span:
        return _refused(file)
    media_type = well_formed(media_type) or UNKNOWN
    inline = inline and _is_shown(store, key, file, media_type)
    headers = {**content_headers(file.path.rpartition("/")[2], media_type, inline=inline), **caching}
    if sign and not inline and request.method == "GET" and (url := _signed_url(store, key, file)):
        return _redirect(url)
    if request.method == "HEAD":
        with opened(store, key, file):
            return Response(headers={**headers, "Content-Length": str(file.size)})
    if span is None:
        headers["Content-Length"] = str(file.size)
        return PartsResponse(store.url(key), checked_parts(store, key, file), headers)
    headers["Content-Length"] = str(len(span))
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{file.size}"
    return PartsResponse(store.url(key), span_parts(store, key, file, span), headers, 206)


def _is_shown(store: ObjectStore, key: str, file: FileRecord, media_type: str) -> bool:
    """Say whether the browser may show a file; as a PDF, whose policy is another one, only if it is one."""
    if media_type != PDF:
        return may_be_shown(media_type)
    with opened(store, key, file) as source:
        return source.read(len(_PDF_BEGINS)) == _PDF_BEGINS


def _signed_url(store: ObjectStore, key: str, file: FileRecord) -> str | None:
    """Sign a URL of a file that is there; None where that cannot be."""
    try:
        url = store.signed_url(key, _SIGNED_FOR)
    except StorageError as error:
        logger.warning("%s. The file is sent from here instead.", error)
        return None
    if url is not None:
        with opened(store, key, file):  # people understand our error, and not the store's
            pass
    return url


def _redirect(url: str) -> Response:
    """Send the client elsewhere, with a URL that nobody is to keep: whoever has it has the file for a while."""
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": SANDBOX, "Location": url}
    return Response(status_code=307, headers={**PROTECTION, **headers})


def _refused(file: FileRecord) -> Response:
    headers = {
        **PROTECTION,
        "Cache-Control": "no-store",
        "Content-Range": f"bytes */{file.size}",
        "Content-Security-Policy": SANDBOX,
    }
    return JSONResponse({"detail": f"The file has {file.size} bytes, and not the range."}, 416, headers)
