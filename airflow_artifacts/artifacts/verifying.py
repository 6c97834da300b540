"""Reading all that is kept once more, to find what is missing, damaged, too much, or nobody's.

Nothing is changed. Saving, deleting and pruning may go on meanwhile: what is registered or deleted while it is
looked at is no finding.
"""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from airflow_artifacts.artifacts.copying import recorded_parts
from airflow_artifacts.artifacts.marks import FileFolder, find_file_folders
from airflow_artifacts.artifacts.registry import FOLDER, Changes, find_name
from airflow_artifacts.artifacts.sources import open_recorded
from airflow_artifacts.exceptions import (
    ArtifactsError,
    DamagedObjectError,
    ObjectNotFoundError,
    StorageError,
    UnsafeInputError,
)
from airflow_artifacts.storage import in_parallel, quote_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from airflow_artifacts.artifacts.records import ArtifactRecord, FileRecord
    from airflow_artifacts.artifacts.registry import Registry
    from airflow_artifacts.artifacts.repository import ArtifactRepository
    from airflow_artifacts.storage import ObjectStore

_T = TypeVar("_T")
_R = TypeVar("_R")

Problem = Literal["missing", "damaged", "extra", "unreadable", "orphaned"]

_AT_ONCE = 8
_ATTEMPT = re.compile(r"/\d+-(?P<id>[0-9a-f-]{36})/artifacts/")
_TIME_ORDERED = 7  # version of the UUIDs that begin with a time


@dataclass(frozen=True)
class Finding:
    """What is not as it should be.

    Attributes:
        problem: ``missing``, ``damaged``, ``extra`` (no record has it), ``unreadable`` (the store fails at it), or
            ``orphaned``, which does no harm: files to which no record leads, of a save that was killed, or that
            runs at this moment.
        key: Key of the object, or of the folder, below the root; of a file that is kept elsewhere, its URL.
        detail: What is wrong, in words.
        name: The artifact's name, None where it is not known.
        version: Number of the version, None where it is not known.
        since: When it was begun, None where that is not known; of what is orphaned only.
    """

    problem: Problem
    key: str
    detail: str
    name: str | None = None
    version: int | None = None
    since: datetime | None = None

    @property
    def is_harmless(self) -> bool:
        """Whether nothing that was saved is affected."""
        return self.problem == "orphaned"


class Progress(NamedTuple):
    """How many files and bytes are done, and how many there are."""

    files: int
    size: int
    total_files: int
    total_size: int


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        findings: What is not as it should be, in the order of names, versions and keys.
        versions: How many versions were looked at.
        files: How many files they have.
        size: How many bytes these have.
    """

    findings: tuple[Finding, ...]
    versions: int
    files: int
    size: int

    @property
    def is_well(self) -> bool:
        """Whether all that was saved is there and unchanged."""
        return all(each.is_harmless for each in self.findings)


def verify(
    repository: ArtifactRepository, name: str = "", on_progress: Callable[[Progress], None] = lambda _: None
) -> Report:
    """Read every file of artifacts, several at once, and compare it with its record.

    Args:
        repository: The artifacts.
        name: An artifact's name; or, where there is no artifact of that name, how names begin. Without it, all,
            and also files to which no record leads.
        on_progress: Called every now and then, from several threads, one at a time.

    Raises:
        ArtifactNotFoundError: No name begins like that.
        StorageError: The store cannot be listed.
    """
    # First of all: what is registered from now on has a record by the time that records are read.
    folders: list[FileFolder] = []
    findings: list[Finding] = []
    try:
        folders += [] if name else find_file_folders(repository.store)
    except StorageError as error:  # a key that a stranger wrote may be one that the client of the store refuses
        findings.append(Finding("unreadable", "", _text(error)))
    surveys = in_parallel(lambda each: _survey(repository, each), repository.matching(name))
    reading = _Reading(repository, surveys, on_progress)
    findings += [finding for survey in surveys for finding in survey.findings]
    findings += reading.findings()
    if not name:
        findings += _strange_registries(repository.store)
        findings += _orphans(folders, surveys)
    findings.sort(key=lambda each: (each.is_harmless, each.name or "", each.version or 0, each.key))
    done = reading.progress
    return Report(
        tuple(findings), sum(len(survey.versions) for survey in surveys), done.total_files, done.total_size
    )


class _Version(NamedTuple):
    """What is kept in memory of a version: its number, and how many files and bytes it has."""

    number: int
    files: int
    size: int


@dataclass
class _Survey:
    """The records of one name.

    Attributes:
        name: The name.
        findings: What is wrong with records.
        versions: The versions that are not deleted and whose records can be read.
        paths: The folders of all versions, deleted ones included.
        has_changes: Whether it is known which versions are deleted.
        is_complete: Whether all records can be read.
    """

    name: str
    findings: list[Finding] = field(default_factory=list)
    versions: list[_Version] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    has_changes: bool = True
    is_complete: bool = True


def _survey(repository: ArtifactRepository, name: str) -> _Survey:
    registry, survey = repository.registry(name), _Survey(name)
    try:
        changes = registry.changes()
    except (DamagedObjectError, ObjectNotFoundError) as error:
        changes, survey.has_changes = Changes(), False
        survey.findings.append(Finding("damaged", registry.changes_key, _text(error), name))
    try:
        stored = registry.stored()
    except StorageError as error:
        survey.findings.append(Finding("unreadable", registry.key, _text(error), name))
        survey.is_complete = False
        return survey
    gaps = list(_gaps(registry, name, stored.numbers))
    survey.findings += gaps
    survey.is_complete = not gaps
    briefs: list[ArtifactRecord] = []
    for number, found in zip(
        stored.numbers,
        in_parallel(lambda each: _look_at(registry, name, each), stored.numbers),
        strict=True,
    ):
        if isinstance(found, Finding):
            survey.findings.append(found)
            survey.is_complete = False
            continue
        record, files = found
        briefs.append(record)
        survey.paths.add(record.path)
        if number not in changes.deleted:
            survey.versions.append(_Version(number, files, record.size))
    if stored.has_copies and survey.is_complete:
        survey.findings += _compare_copies(registry, name, briefs)
    return survey


def _gaps(registry: Registry, name: str, numbers: Sequence[int]) -> Iterator[Finding]:
    """Find out which records are gone: numbers are given without a gap."""
    for before, after in zip((0, *numbers), numbers, strict=False):
        if after - before > 1:
            last = f" to {after - 1}" if after - before > 2 else ""  # noqa: PLR2004
            detail = f"there is no record of version {before + 1}{last}. Restore it from a copy of the store."
            yield Finding("missing", registry.record_key(before + 1), detail, name, before + 1)


def _look_at(registry: Registry, name: str, number: int) -> tuple[ArtifactRecord, int] | Finding:
    """Give a record without its files, and how many there are."""
    key = registry.record_key(number)
    try:
        record = registry.record(number)
    except UnsafeInputError as error:
        return Finding("damaged", key, _text(error), name, number)
    except ArtifactsError as error:
        return Finding("unreadable", key, _text(error), name, number)
    files = record.files or ()
    if record.size != sum(file.size for file in files):
        return Finding("damaged", key, "the sizes of its files are not those of the whole.", name, number)
    return replace(record, files=None), len(files)


def _compare_copies(registry: Registry, name: str, briefs: Sequence[ArtifactRecord]) -> list[Finding]:
    """Hold the copies of records that listings are read from against the records."""
    remedy = "Delete the objects below it: they are copies that save requests, and made anew."
    try:
        problem = "" if registry.records()[: len(briefs)] == list(briefs) else "copies differ from the records"
    except (UnsafeInputError, ObjectNotFoundError) as error:
        problem = _text(error)
    return [Finding("damaged", registry.copies_key, f"{problem}. {remedy}", name)] if problem else []


class _Job(NamedTuple):
    """A file that is to be read: of which version, where it is, and how that is called in a finding."""

    survey: _Survey
    version: int
    store: ObjectStore
    key: str
    file: FileRecord
    shown: str


class _Reading:
    """Reads the files of versions, with no more than some of them on their way at once."""

    def __init__(
        self,
        repository: ArtifactRepository,
        surveys: Sequence[_Survey],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._repository = repository
        self._surveys = surveys
        self._on_progress = on_progress
        versions = [version for survey in surveys for version in survey.versions]
        totals = sum(each.files for each in versions), sum(each.size for each in versions)
        self.progress = Progress(0, 0, *totals)
        self._lock = threading.Lock()

    def findings(self) -> Iterator[Finding]:
        """Read, and give what is wrong."""
        versions = ((survey, version) for survey in self._surveys for version in survey.versions)
        pending: list[Finding] = []  # filled by the jobs' iterator, in this thread
        for finding in _several_at_once(self._read, self._jobs(versions, pending)):
            if finding is not None:
                yield finding
        yield from pending

    def _jobs(self, versions: Iterable[tuple[_Survey, _Version]], pending: list[Finding]) -> Iterator[_Job]:
        for jobs, findings in _several_at_once(self._prepare, versions):
            pending += findings
            yield from jobs

    def _prepare(self, item: tuple[_Survey, _Version]) -> tuple[list[_Job], list[Finding]]:
        """Compare what a version's folder holds with what its record says, by keys and sizes."""
        survey, version = item
        store, name, number = self._repository.store, survey.name, version.number
        try:
            record = self._repository.registry(name).record(number)
            found = {info.key: info.size for info in store.list(record.path)}
            if record.source is not None:
                return self._refer(survey, number, record), []
        except ArtifactsError as error:
            key = self._repository.registry(name).record_key(number)
            return [], self._unless_deleted(survey, Finding("unreadable", key, _text(error), name, number))
        if not found and not survey.has_changes:
            return [], []  # it was deleted, or is lost: nobody can tell
        jobs, findings = [], []
        for file in record.files or ():
            key = f"{record.path}/{file.path}"
            size = found.pop(key, None)
            if size == file.size:
                jobs.append(_Job(survey, number, store, key, file, key))
                continue
            self._advance(files=1, size=file.size)
            problem: Problem = "missing" if size is None else "damaged"
            detail = "it is gone." if size is None else f"it has {size:,} bytes, not {file.size:,}."
            findings.append(Finding(problem, key, detail, name, number))
        findings += [Finding("extra", key, "the record does not have it.", name, number) for key in found]
        return jobs, self._unless_deleted(survey, *findings)

    def _refer(self, survey: _Survey, number: int, record: ArtifactRecord) -> list[_Job]:
        """Give the files of an artifact by reference, which are kept elsewhere."""
        source = open_recorded(record, self._repository.access.open_source)
        keys = dict(source.keys)
        return [
            _Job(survey, number, source.store, keys[file.path], file, source.store.url(keys[file.path]))
            for file in record.files or ()
        ]

    def _read(self, job: _Job) -> Finding | None:
        try:
            is_same = self._hash(job) == job.file.sha256
        except ObjectNotFoundError:
            finding = Finding("missing", job.shown, "it is gone.", job.survey.name, job.version)
        except ArtifactsError as error:
            finding = Finding("unreadable", job.shown, _text(error), job.survey.name, job.version)
        else:
            if is_same:
                return None
            detail = "its SHA-256 is not the recorded one."
            finding = Finding("damaged", job.shown, detail, job.survey.name, job.version)
        finally:
            self._advance(files=1)
        return next(iter(self._unless_deleted(job.survey, finding)), None)

    def _hash(self, job: _Job) -> str:
        digest = hashlib.sha256()
        for part in recorded_parts(job.store, job.key, job.file.size):
            digest.update(part)
            self._advance(size=len(part))
        return digest.hexdigest()

    def _advance(self, *, files: int = 0, size: int = 0) -> None:
        with self._lock:
            done = self.progress
            self.progress = done._replace(files=done.files + files, size=done.size + size)
            self._on_progress(self.progress)

    def _unless_deleted(self, survey: _Survey, *findings: Finding) -> list[Finding]:
        """Drop what is wrong with a version that somebody deletes at this moment."""
        if not findings or not survey.has_changes:
            return list(findings)
        try:
            deleted = self._repository.registry(survey.name).changes().deleted
        except ArtifactsError:
            return list(findings)
        return [each for each in findings if each.version not in deleted]


def _strange_registries(store: ObjectStore) -> Iterator[Finding]:
    """Find folders in the registry that are no name's."""
    folders = store.folders(FOLDER)
    for folder, name in zip(folders, in_parallel(lambda each: find_name(store, each), folders), strict=True):
        if name is None:
            yield Finding("damaged", f"{FOLDER}/{folder}", "the folder is no artifact's, or its name is lost.")


def _orphans(folders: Sequence[FileFolder], surveys: Sequence[_Survey]) -> Iterator[Finding]:
    known = set().union(*(survey.paths for survey in surveys))
    # Where a record cannot be read, any folder of the name may be its version's.
    doubtful = {quote_segment(survey.name) for survey in surveys if not survey.is_complete}
    for folder in folders:
        if folder.path not in known and folder.quoted_name not in doubtful:
            detail = f"{folder.files:,} files, {folder.size:,} bytes, to which no record leads."
            yield Finding("orphaned", folder.path, detail, since=_begin(folder.path))


def _begin(path: str) -> datetime | None:
    """Give when an attempt began, which Airflow's ids of attempts say."""
    match = _ATTEMPT.search(path)
    try:
        attempt = uuid.UUID(match["id"]) if match else None
    except ValueError:
        return None
    if attempt is None or attempt.version != _TIME_ORDERED:
        return None
    return datetime.fromtimestamp((attempt.int >> 80) / 1000, timezone.utc)


def _text(error: Exception) -> str:
    return " ".join(str(error).split())


def _several_at_once(function: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
    """Call a function with each item, several at a time, and give results in order; few items are held at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting: deque[Future[_R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * _AT_ONCE:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
