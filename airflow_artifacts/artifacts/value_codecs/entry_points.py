"""Codecs of other packages: the entry point group ``airflow_artifacts.codecs``."""

from __future__ import annotations

from functools import cache
from importlib import metadata

from airflow_artifacts.artifacts.value_codecs.encoded import Codec

GROUP = "airflow_artifacts.codecs"


class BrokenEntryPointError(Exception):
    """A codec of another package cannot be used; the text names it. Never leaves the package of codecs."""


@cache
def find_entry_points() -> tuple[metadata.EntryPoint, ...]:
    """List the codecs that are installed, each once: looking costs milliseconds, so it is done once."""
    # A package that is on the path twice is found twice.
    found = {(point.name, point.value): point for point in metadata.entry_points(group=GROUP)}
    return tuple(found[key] for key in sorted(found))


@cache
def load_codec(point: metadata.EntryPoint, builtin: frozenset[str]) -> Codec:
    """Load a codec of another package.

    Args:
        point: Where it is: an object, or a class to be called without arguments.
        builtin: Names that are taken.

    Raises:
        BrokenEntryPointError: It cannot be imported, or it is no codec, or its name is taken.
    """
    if point.name in builtin:
        raise _broken(point, "the name is that of a codec of airflow-artifacts")
    if sum(other.name == point.name for other in find_entry_points()) > 1:
        raise _broken(point, "another package has a codec of that name")
    try:
        found = point.load()
        codec = found() if isinstance(found, type) else found
    except Exception as error:
        raise _broken(point, f"it cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(codec, Codec):
        raise _broken(point, "it lacks one of name, kind, matches, encode and decode")
    if codec.name != point.name:
        raise _broken(point, f"its codec calls itself {codec.name!r}")
    return codec


def _broken(point: metadata.EntryPoint, problem: str) -> BrokenEntryPointError:
    package = f" of the package {point.dist.name}" if point.dist is not None else ""
    return BrokenEntryPointError(
        f"the codec {point.name!r} ({point.value}){package} cannot be used: {problem}. "
        "Repair or uninstall that package."
    )
