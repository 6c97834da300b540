"""Every error that the package raises, as one tree.

::

    ArtifactsError
    ├── ConfigurationError (ValueError)          a setting is wrong
    │   ├── MissingExtraError (ImportError)      an optional dependency is not installed
    │   └── UrlError                             a URL, of the root or of a data set, cannot be opened
    ├── StorageError (OSError)                   the object store did not do what was asked
    │   ├── ObjectNotFoundError (FileNotFoundError)
    │   └── ObjectExistsError (FileExistsError)
    ├── HubError (OSError)                       the Hugging Face Hub did not do what was asked
    │   ├── HubQuotaError                        there were too many requests, and the Hub says how long to wait
    │   ├── HubConflictError                     others' commits came first
    │   ├── HubRefusedError (PermissionError)    the Hub refuses, and will the next time
    │   └── HubNotFoundError (FileNotFoundError) no repository, revision or file, or one that may not be seen
    ├── UnsafeInputError (ValueError)            what came from outside is refused, before anything is written
    │   ├── UnsafeNameError                      a name or path would leave its folder
    │   ├── UnsafeFileError                      a local file leads elsewhere, or is none
    │   ├── UnsafeUrlError                       a URL holds a secret, or leads where nothing may be fetched
    │   ├── InvalidRefError                      what was given is not a ref
    │   ├── ArtifactUriError                     a text is not a URI of an artifact
    │   └── DamagedObjectError                   stored bytes are not the bytes that were written
    ├── RowsError
    │   ├── UnsupportedValueError (TypeError)    a value cannot be kept exactly
    │   └── UnknownTimeZoneError (LookupError)   a value has a time zone that this machine does not know
    ├── StepError
    │   ├── StepDefinitionError (TypeError)      a step class is written in a way that cannot run
    │   ├── MappingError (ValueError)            a mapping names a column that the step does not have
    │   ├── RuntimeParameterError (ValueError)   a runtime parameter is unknown, missing or invalid
    │   ├── InputsError (ValueError)             the wrong number of inputs, or inputs that do not fit together
    │   ├── MissingColumnError (LookupError)     an input lacks a column that the step requires
    │   ├── StepOutputError (TypeError)          a step yielded something that is not rows
    │   └── SourceFileError (ValueError)         a file to load is absent or cannot be read as rows
    ├── ArtifactError (ValueError)               an artifact cannot be saved as asked
    │   ├── UnsupportedTypeError (TypeError)     no codec takes a value of this type
    │   └── VersionExistsError (FileExistsError) a version label is taken
    ├── ArtifactNotFoundError (LookupError)      nothing has the name, version or path that was asked for
    ├── ArtifactLoadError (ValueError)           an artifact cannot be loaded as asked
    ├── QueryError (ValueError)                  what is asked for makes no sense
    ├── TaskContextError (RuntimeError)          something is asked for where no task, or another one, runs
    └── DistisetError (ValueError)
        ├── SchemaError (TypeError)              a column holds types that Parquet cannot hold together
        │   └── SchemaChangeError                a column has another type than in what was pushed before
        ├── EmptySubsetError                     a subset has no rows
        ├── ForeignFolderError (FileExistsError) a folder that this package did not write is in the way
        └── ForeignFileError (FileExistsError)   a file on the Hub that this package did not push is in the way

A constructor takes the facts and builds the sentence: what happened, to which name, and what to do.
``retryable`` says whether running the same thing again can help. Task code turns the errors that it cannot
help into a final failure, in one place (``airflow_artifacts.runtime``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def _names(names: Iterable[object], *, limit: int = 12) -> str:
    """Write a list of names for a sentence, cut after ``limit`` of them."""
    quoted = [repr(str(name)) for name in names]
    shown = ", ".join(quoted[:limit])
    if len(quoted) > limit:
        shown += f" and {len(quoted) - limit} more"
    return shown or "none"


def _shown(value: object, limit: int = 200) -> str:
    """Write a value for a sentence, cut where it is long: it may come from a stranger."""
    return _cut(repr(value), limit)


def _cut(text: str, limit: int = 500) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."


def _restore(kind: type[ArtifactsError], args: tuple[object, ...], state: dict[str, object]) -> ArtifactsError:
    """Make an error anew from its sentence, without its constructor, which would want the facts."""
    new = OSError.__new__ if issubclass(kind, OSError) else kind.__new__  # the first base's would not do for both
    error: ArtifactsError = new(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ArtifactsError(Exception):
    """The base of all errors of this package.

    Attributes:
        retryable: Whether running the same thing again, with nothing changed, can help.
    """

    retryable: ClassVar[bool] = False

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.args, self.__dict__)


class ConfigurationError(ArtifactsError, ValueError):
    """A setting of the section ``[airflow_artifacts]`` cannot be used."""

    def __init__(self, option: str, problem: str) -> None:
        self.option = option
        super().__init__(f"The setting [airflow_artifacts] {option} {problem}")


class MissingExtraError(ConfigurationError, ImportError):
    """An optional dependency is needed and not installed."""

    def __init__(self, module: str, extra: str, purpose: str) -> None:
        self.module = module
        self.extra = extra
        ArtifactsError.__init__(
            self,
            f"{purpose} needs the Python package {module!r}, which is not installed. "
            f"Install it with: pip install 'airflow-artifacts[{extra}]'",
        )


class UrlError(ConfigurationError):
    """A URL, of the root or of a data set, cannot be opened."""

    def __init__(self, url: str, problem: str) -> None:
        self.url = url
        ArtifactsError.__init__(self, f"{url} cannot be opened: {problem}")


class StorageError(ArtifactsError, OSError):
    """The object store failed; running again may help."""

    retryable = True

    def __init__(self, action: str, url: str, cause: object) -> None:
        self.url = url
        super().__init__(f"Could not {action} {url}: {cause}")


class ObjectNotFoundError(StorageError, FileNotFoundError):
    """No object has the key."""

    retryable = False

    def __init__(self, url: str) -> None:
        self.url = url
        ArtifactsError.__init__(
            self,
            f"There is no object at {url}. Was it deleted, or is [airflow_artifacts] root another one now?",
        )


class ObjectExistsError(StorageError, FileExistsError):
    """An object that may be created only once is there already."""

    retryable = False

    def __init__(self, url: str) -> None:
        self.url = url
        ArtifactsError.__init__(
            self,
            f"There is an object at {url} already, and it may be written only once: another writer was first.",
        )


class HubError(ArtifactsError, OSError):
    """The Hugging Face Hub, or the way to it, failed; running again may help."""

    retryable = True

    def __init__(self, action: str, url: str, problem: str) -> None:
        self.url = url
        super().__init__(f"Could not {action} {url}: {problem}")


class HubQuotaError(HubError):
    """There were too many requests; running again later helps.

    Attributes:
        seconds: How long the Hub wants to be left alone.
    """

    def __init__(self, action: str, url: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(action, url, f"there were too many requests; the Hub takes more in {seconds:.0f} s.")


class HubConflictError(HubError):
    """A commit of somebody else came first; running again may help."""


class HubRefusedError(HubError, PermissionError):
    """The Hub refuses, and will do so the next time."""

    retryable = False


class HubNotFoundError(HubError, FileNotFoundError):
    """There is no such repository, revision or file, or the token may not see it."""

    retryable = False


class UnsafeInputError(ArtifactsError, ValueError):
    """What came from outside cannot be trusted: it is refused before anything is written or used."""


class UnsafeNameError(UnsafeInputError):
    """A name or a path from outside is malformed or would leave its folder."""

    def __init__(self, what: str, name: object, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"The {what} {_shown(name)} cannot be used: {_cut(problem)}")


class UnsafeFileError(UnsafeInputError):
    """A local file that is to be kept leads out of its folder or nowhere, or is no file at all."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"Artifact {name!r} was not saved: {problem}")


class UnsafeUrlError(UnsafeInputError):
    """A URL holds a secret, or leads to where nothing may be fetched."""

    def __init__(self, url: str, problem: str) -> None:
        self.url = url
        super().__init__(f"{url} is refused: {problem}")


class InvalidRefError(UnsafeInputError):
    """A value that should be a ref is something else."""

    def __init__(self, expected: str, value: object, problem: str) -> None:
        super().__init__(f"{_shown(value)} is not a ref of {expected}: {_cut(problem)}")


class ArtifactUriError(UnsafeInputError):
    """A text is not a URI of an artifact."""

    def __init__(self, uri: object, problem: str) -> None:
        super().__init__(
            f"{_shown(uri)} is not a URI of an artifact: {problem} The forms are artifact://<name>, "
            "artifact://<name>@<version>/<file> and run://<dag>/<run>/<task>[/<map index>]/<name>."
        )


class DamagedObjectError(UnsafeInputError):
    """Stored bytes differ from what the manifest says was written."""

    def __init__(
        self, url: str, problem: str, remedy: str = "Clear the task that wrote it, so that it is written anew."
    ) -> None:
        self.url = url
        super().__init__(f"{url} is damaged: {_cut(problem)}. Nothing of it was used. {remedy}")


class RowsError(ArtifactsError):
    """The base of what goes wrong with rows."""


class UnsupportedValueError(RowsError, TypeError):
    """A row holds a value that would not come back as it went in."""

    def __init__(self, column: object, row: int, problem: str) -> None:
        self.column = column
        self.row = row
        where = f"Row {row}" if column is None else f"Column {column!r} of row {row}"
        super().__init__(f"{where} cannot be kept exactly: {problem}")


class UnknownTimeZoneError(RowsError, LookupError):
    """A value has a time zone that is not known where it is read."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        super().__init__(
            f"Rows hold a date in the time zone {zone!r}, which this machine does not know. "
            "Install the Python package tzdata, or a newer version of it."
        )


class StepError(ArtifactsError):
    """The base of what goes wrong with a step."""


class StepDefinitionError(StepError, TypeError):
    """A step class or function is written in a way that cannot run."""

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(f"Step {step!r} cannot run: {problem}")


class MappingError(StepError, ValueError):
    """A mapping names a column that the step does not declare."""

    def __init__(self, step: str, kind: str, column: str, declared: Iterable[str]) -> None:
        super().__init__(
            f"{kind}_mappings of step {step!r} name the column {column!r}, which is not among its {kind}s: "
            f"{_names(declared)}. The keys of {kind}_mappings are the step's own column names, "
            "the values are the names that the rows have."
        )


class RuntimeParameterError(StepError, ValueError):
    """A runtime parameter is unknown, missing or has an invalid value."""

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(f"Runtime parameters of step {step!r}: {problem}")


class InputsError(StepError, ValueError):
    """A step has the wrong number of inputs, or inputs that do not fit together."""

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(f"Inputs of step {step!r}: {problem}")


class MissingColumnError(StepError, LookupError):
    """An input does not have a column that the step requires."""

    def __init__(
        self,
        step: str,
        column: str,
        upstreams: Iterable[str],
        available: Iterable[str],
        *,
        missing_rows: str = "",
    ) -> None:
        self.step = step
        self.column = column
        where = f" in {missing_rows}" if missing_rows else ""
        super().__init__(
            f"Step {step!r} requires the column {column!r}, which its input from {_names(upstreams)} does not "
            f"have{where}. Columns there: {_names(available)}. Rename one with input_mappings="
            f"{{{column!r}: '<column>'}}, or declare it optional: inputs = {{{column!r}: False}}."
        )


class StepOutputError(StepError, TypeError):
    """A step yielded something that is not a list of rows."""

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(f"Output of step {step!r}: {problem}")


class SourceFileError(StepError, ValueError):
    """A file to load is absent, or a record in it is not a row."""

    def __init__(self, path: str, problem: str, *, line: int | None = None) -> None:
        where = f"{path}, line {line}" if line is not None else path
        super().__init__(f"{where}: {problem}")


class ArtifactError(ArtifactsError, ValueError):
    """An artifact cannot be saved as asked."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"Artifact {name!r} was not saved: {problem}")


class UnsupportedTypeError(ArtifactError, TypeError):
    """No codec takes a value of this type."""

    def __init__(self, name: str, found: type) -> None:
        shown = f"{found.__module__}.{found.__qualname__}".removeprefix("builtins.")
        super().__init__(
            name,
            f"no codec takes a value of the type {shown}. Save a table, an array, JSON, a text, bytes or a "
            "pathlib.Path made of it; or give a function that writes its files; or register a codec under the "
            "entry point group airflow_artifacts.codecs; or, where every reader is trusted, have pickles allowed "
            "with [airflow_artifacts] allow_pickle.",
        )


class VersionExistsError(ArtifactError, FileExistsError):
    """A version label is taken; a label is given once, even if its version was deleted."""

    def __init__(self, name: str, label: str, number: int) -> None:
        ArtifactError.__init__(
            self,
            name,
            f"its version {number} has the label {label!r}, and a label is given once. Choose another label, or "
            "leave it out: versions are numbered anyway.",
        )


class ArtifactNotFoundError(ArtifactsError, LookupError):
    """Nothing has the name, the version or the path that was asked for."""

    def __init__(self, asked: str, existing: str) -> None:
        self.asked = asked
        super().__init__(f"There is no {asked}. {existing}")


class ArtifactLoadError(ArtifactsError, ValueError):
    """An artifact cannot be loaded as asked."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"Artifact {name!r} cannot be loaded: {problem}")


class QueryError(ArtifactsError, ValueError):
    """What is asked for, to list or to prune, makes no sense."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what}: {problem}")


class TaskContextError(ArtifactsError, RuntimeError):
    """Something is asked for that only exists while a task of some kind runs."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what}: {problem}")


class DistisetError(ArtifactsError, ValueError):
    """A distiset cannot be built, saved or loaded as asked."""


class SchemaError(DistisetError, TypeError):
    """A column holds values of types that one Parquet column cannot hold."""

    def __init__(self, subset: str, column: str, seen: Mapping[str, int]) -> None:
        self.column = column
        found = " and ".join(f"{kind} (first in row {row})" for kind, row in seen.items())
        super().__init__(
            f"Column {column!r} of subset {subset!r} holds {found}; a Parquet column has one type. "
            "Convert the values to one type in a step before."
        )


class SchemaChangeError(SchemaError):
    """A column has another type than in the data set that is there."""

    def __init__(self, subset: str, changes: Mapping[str, tuple[str, str]]) -> None:
        self.column = next(iter(changes))
        found = "; ".join(f"{column!r} was {old} and is {new}" for column, (old, new) in changes.items())
        DistisetError.__init__(
            self,
            f"Subset {subset!r} has columns of other types than the data set that is there: {found}. Nothing was "
            "pushed. Convert the values in a step before, or say that it is meant with allow_type_changes=True.",
        )


class EmptySubsetError(DistisetError):
    """A subset has no rows, so there is nothing to save."""

    def __init__(self, subset: str) -> None:
        super().__init__(
            f"Subset {subset!r} has no rows. Nothing was saved, and what was saved before is unchanged. "
            "Look at the tasks before: did a filter drop every row?"
        )


class ForeignFolderError(DistisetError, FileExistsError):
    """A folder that is not a distiset is in the way."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} exists and is not a distiset that was saved by this package, so it is not replaced. "
            "Give another path, or move away what is there."
        )


class ForeignFileError(DistisetError, FileExistsError):
    """A file on the Hub that was not pushed by this package does not go together with rows or artifacts."""

    def __init__(self, path: str, url: str, problem: str) -> None:
        self.path = path
        super().__init__(
            f"{url} has a file {path!r} that was not pushed by this package, and that {problem}. Nothing was "
            "pushed. Delete or rename it, or use another repository."
        )
