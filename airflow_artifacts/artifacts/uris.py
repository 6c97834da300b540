"""URIs of artifacts.

::

    artifact://<name>                         the latest version
    artifact://<name>@<version>               a version, by its number or its label
    artifact://<name>@<version>/<file>        a file or folder in it
    run://<dag>/<run>/<task>[/<map index>]/<name>[/<file>]
                                              what a task instance saved last

What is no letter, digit or one of ``-._~!$&'()*+,;=:@`` is percent-encoded in a segment (RFC 3986, section 3.3).
It is decoded once, and then has to be a safe name or path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from airflow_artifacts.exceptions import ArtifactUriError
from airflow_artifacts.storage import check_relative_path, without_credentials

_SEGMENT = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+\Z")
_SAFE = "!$&'()*+,;=:"
_SHOWN = 200  # characters of a URI in an error
_MAP_INDEX = re.compile(r"(-1|\d{1,9})\Z")


@dataclass(frozen=True)
class ArtifactUri:
    """An artifact's name, perhaps followed by a file in it (``path``), or with a version between them.

    Where there is no version, only a look at the registry tells where the name ends.
    """

    path: str
    version: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class RunUri:
    """What a DAG run made: all of it, or one task, one task instance, one artifact or file (``path``)."""

    dag_id: str
    run_id: str
    task_id: str | None = None
    map_index: int | None = None
    path: str | None = None


def parse_uri(uri: str) -> ArtifactUri | RunUri:
    """Read a URI, or a name with a version behind ``@`` or without one.

    Raises:
        ArtifactUriError: It is none.
        UnsafeNameError: A name or path in it leads elsewhere.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        scheme, rest = "artifact", uri
    if scheme not in {"artifact", "run"}:
        raise _refusal(without_credentials(uri), f"its scheme is {scheme[:_SHOWN]!r}.")
    return _artifact(uri, rest.split("/")) if scheme == "artifact" else _run(uri, rest.split("/"))


def _refusal(uri: str, problem: str) -> ArtifactUriError:
    return ArtifactUriError(uri if len(uri) <= _SHOWN else f"{uri[:_SHOWN]}...", problem)


def _decoded(uri: str, segment: str) -> str:
    if not _SEGMENT.match(segment):
        problem = f"its part {segment[:_SHOWN]!r} is empty, or has a character that is not percent-encoded."
        raise _refusal(uri, problem)
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError as error:
        raise _refusal(uri, f"its part {segment[:_SHOWN]!r} is no UTF-8.") from error
    if "/" in text:
        raise _refusal(uri, f"its part {segment[:_SHOWN]!r} has a slash in it.")
    return text


def _artifact(uri: str, segments: list[str]) -> ArtifactUri:
    # In a name or a file, an "@" is percent-encoded.
    end = next((index for index, segment in enumerate(segments) if "@" in segment), None)
    if end is None:
        return ArtifactUri(_path(uri, segments))
    last, _, version = segments[end].partition("@")
    if not last or not version:
        raise _refusal(uri, "a name stands before the '@', and a version behind it.")
    file = segments[end + 1 :]
    return ArtifactUri(
        _path(uri, [*segments[:end], last]), _decoded(uri, version), _path(uri, file) if file else None
    )


def _run(uri: str, segments: list[str]) -> RunUri:
    if len(segments) == 1:
        raise _refusal(uri, "it needs a DAG and a run at least.")
    dag_id, run_id, *task = (_decoded(uri, segment) for segment in segments[:3])
    path = segments[3:]
    map_index = int(path.pop(0)) if path and _MAP_INDEX.match(path[0]) else None
    return RunUri(dag_id, run_id, task[0] if task else None, map_index, _path(uri, path) if path else None)


def _path(uri: str, segments: list[str]) -> str:
    return check_relative_path("/".join(_decoded(uri, segment) for segment in segments), what="artifact path")


def artifact_uri(name: str, version: int, file: str | None = None) -> str:
    """Write the URI of a version, or of a file in it."""
    return f"artifact://{name}@{version}" + (f"/{quote(file, safe=_SAFE + '/')}" if file else "")
