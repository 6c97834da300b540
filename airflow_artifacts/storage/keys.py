"""Names that are safe to use as keys, and where things lie below the root.

::

    runs/<dag>/<run>/<task>/<map index>/<try>-<attempt>/
        rows/<part>.rows
        artifacts/<name>-<id>/<files>
        artifacts.json       the artifacts that a step saved
        manifest.json        written last: from then on the rows count
    saved/<name>-<id>/<files>  artifacts that were saved outside of tasks
    registry/<name>/<n>      the records of artifacts' versions: what is there counts
    distisets/               where data sets were saved that refer to versions
    published/<dag>/<run>/<task>/<map index>/<try>-<attempt>-<saved or pushed>.json
                             what an attempt made a data set of, and where that is

Each attempt of a task writes below a folder of its own, so a retry, a cleared task or a zombie that still
writes never touches what another attempt wrote.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from airflow_artifacts.exceptions import UnsafeNameError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEGMENT_LIMIT = 120  # bytes; file systems take 255, and a prefix of several segments has to fit into an XCom
_ARTIFACT_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_ARTIFACT_LIMIT = 200
_PATH_LIMIT = 1024  # bytes; S3, GCS and Azure take no longer keys
_FILE_NAME_LIMIT = 255  # bytes
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/=+-]*\Z")
# What is most often asked for, and good: short segments of plain characters that do not end with a dot.
_GOOD_PATH = re.compile(r"(?:(?!\.tmp-)[A-Za-z0-9._~=+-]{0,199}[A-Za-z0-9_~=+-](?:/(?!\Z)|\Z))+\Z")
_DRIVE = re.compile(r"(?:^|/)[A-Za-z]:")
_BAD_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Slashes that are none, and the controls that turn the direction in which a name is shown.
_BAD = frozenset("\u2044\u2215\u2216\u29f5\u29f8\u29f9\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SHOWN = 200  # characters of a name in an error
TEMPORARY = ".tmp-"  # begins the names of files that are being written


def quote_segment(value: str) -> str:
    """Write any text as one segment of a key: at most 137 ASCII characters, unlike texts always unlike.

    Letters, digits, ``_``, ``-`` and ``.`` stay. Every other byte of its UTF-8 becomes ``~`` and two hexadecimal
    digits (not ``%``, which URLs and some stores decode), and so does a dot at either end, so that no segment is
    ``.`` or ``..`` or hidden. What is longer is cut and ends with ``~`` and a hash of the whole.
    """
    quoted = quote(value, safe="", errors="surrogatepass").replace("~", "%7E").replace("%", "~")
    if quoted.startswith("."):
        quoted = f"~2E{quoted[1:]}"
    if quoted.endswith("."):
        quoted = f"{quoted[:-1]}~2E"
    if not quoted:
        return "~"
    if len(quoted) > _SEGMENT_LIMIT:
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        quoted = f"{quoted[:_SEGMENT_LIMIT]}~{digest}"
    return quoted


def check_artifact_name(name: str) -> str:
    """Return the name if it is an artifact's name: segments of letters, digits and ``._-``, joined by ``/``.

    Raises:
        UnsafeNameError: It is not.
    """
    if not isinstance(name, str | int | float | None):
        kind = type(name).__name__  # and not what was given: it may be a value that is nobody's business
        raise UnsafeNameError(
            "artifact name", kind, f"it is a {kind}. A name is a text, and comes before the value."
        )
    if not isinstance(name, str) or not name:
        raise UnsafeNameError("artifact name", name, "it has to be a text that is not empty.")
    if len(name) > _ARTIFACT_LIMIT:
        raise UnsafeNameError("artifact name", _cut(name), f"it is longer than {_ARTIFACT_LIMIT} characters.")
    for segment in name.split("/"):
        if not _ARTIFACT_SEGMENT.match(segment) or segment.endswith("."):
            raise UnsafeNameError(
                "artifact name",
                name,
                "each part between slashes has to begin with a letter or a digit, go on with letters, digits, "
                "'.', '_' or '-', and not end with a dot.",
            )
    return name


def check_relative_path(path: str, *, what: str = "path") -> str:
    """Return the path if it stays below the folder that it is relative to.

    Raises:
        UnsafeNameError: It is absolute, climbs, or holds what some file system or URL reads in another way.
    """
    problem = _path_problem(path)
    if problem:
        raise UnsafeNameError(what, _cut(path), problem)
    return path


def _cut(text: object) -> str:
    """Give what an error shows of something that may be anything."""
    shown = text if isinstance(text, str) else repr(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


def _path_problem(path: str) -> str | None:
    if isinstance(path, str) and len(path) <= _PATH_LIMIT and _GOOD_PATH.match(path):
        return None
    return _size_problem(path) or _meaning_problem(path)


def _size_problem(path: str) -> str | None:
    if not isinstance(path, str) or not path:
        return "it has to be a text that is not empty."
    if len(path) > _PATH_LIMIT or len(path.encode("utf-8", "replace")) > _PATH_LIMIT:
        return f"it is longer than {_PATH_LIMIT} bytes, which is what object stores take."
    if any(len(segment.encode("utf-8", "replace")) > _FILE_NAME_LIMIT for segment in path.split("/")):
        return f"a part of it is longer than {_FILE_NAME_LIMIT} bytes."
    return None


def _meaning_problem(path: str) -> str | None:
    if any(segment.startswith(TEMPORARY) for segment in path.split("/")):
        return f"names that begin with {TEMPORARY!r} are for files that are being written."
    if _PLAIN_PATH.match(path):
        return _structure_problem(path)
    for form in _readings(path):
        problem = _structure_problem(form)
        if problem or form.count("/") != path.count("/"):
            return problem or "a character in it reads as a slash where names are decoded or normalised."
    return None


def _structure_problem(path: str) -> str | None:
    if "\\" in path or _DRIVE.search(path):
        return "backslashes and drive letters are not allowed."
    if has_controls(path):
        return "control characters, and characters that look like a slash, are not allowed."
    segments = path.split("/")
    if any(segment in {"", ".", ".."} for segment in segments):
        return "it has to be relative, without '.', '..' and empty parts."
    if any(segment.endswith((".", " ")) for segment in segments):
        return "a part of it ends with a dot or a space, which some file systems drop."
    return None


def has_controls(text: str) -> bool:
    """Say whether a text has characters that do something, or look like a slash, instead of being shown."""
    return any(unicodedata.category(character) in _BAD_CATEGORIES or character in _BAD for character in text)


def _readings(path: str) -> Iterator[str]:
    """Give the path as it is, and as stores or browsers may read it: decoded and normalised, repeatedly."""
    yield path
    while (form := unicodedata.normalize("NFKC", unquote(path))) != path:
        yield form
        path = form
    # Some file systems do not see characters without a width when they compare names.
    yield "".join(character for character in path if unicodedata.category(character) != "Cf")


@dataclass(frozen=True)
class Producer:
    """One attempt of one task instance: who made something, and where it keeps what it makes.

    Attributes:
        dag_id: The DAG.
        run_id: The DAG run.
        task_id: The task.
        map_index: Index of a mapped task instance, -1 where the task is not mapped.
        try_number: Number of the attempt, from 1.
        attempt: Unique id of the attempt.
        logical_date: Logical date of the run as ISO 8601, None for runs without one.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 1
    attempt: str = "0"
    logical_date: str | None = None

    @property
    def task_prefix(self) -> str:
        """Key of the folder that all attempts of the task instance share."""
        names = (quote_segment(name) for name in (self.dag_id, self.run_id, self.task_id))
        return f"runs/{'/'.join(names)}/{self.map_index}"

    @property
    def prefix(self) -> str:
        """Key of the attempt's own folder."""
        return f"{self.task_prefix}/{self.try_number:03d}-{quote_segment(self.attempt)}"
