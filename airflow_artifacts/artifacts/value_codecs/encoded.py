"""What a codec is, and what it says of a value that it wrote."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Encoded:
    """What is known of a value once its files are written.

    Attributes:
        codec: Name of the codec that decodes it.
        kind: What people see and filter by.
        media_type: Media type of its file, if it is one file of a known type.
        facts: Automatic metadata as JSON values: length, shape, columns, dtype, width ...
    """

    codec: str
    kind: str
    media_type: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Codec(Protocol):
    """Turns values of one kind into files and back; what the entry points give.

    Attributes:
        name: Stored with each artifact, so it keeps its meaning for ever.
        kind: What people see and filter by.
    """

    name: str
    kind: str

    def matches(self, value: Any) -> bool:
        """Say whether the codec takes the value, without importing a library: look in ``sys.modules``."""
        ...

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        """Write the value as files into an empty folder; ``name`` is the artifact's."""
        ...

    def decode(self, folder: Path, as_type: type | None) -> Any:
        """Read the value; the folder is gone afterwards. ``as_type`` may be ignored: it is checked anyway."""
        ...


class BuiltinCodec:
    """What the codecs of this package share."""

    name: str
    kind: str

    def types(self) -> tuple[type, ...]:
        """Give the types of the values, as far as their libraries are imported."""
        raise NotImplementedError

    def matches(self, value: Any) -> bool:
        """Say whether the value is of one of the types or of a subclass."""
        return isinstance(value, self.types())

    def check(self, name: str, value: Any) -> None:
        """Refuse early, and cheaply, what ``encode`` would refuse."""

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        """Write the value into the folder."""
        raise NotImplementedError

    def decode(self, folder: Path, as_type: type | None) -> Any:
        """Read the value from the folder."""
        raise NotImplementedError


def loaded(module: str, *names: str) -> tuple[type[Any], ...]:
    """Give classes of a module that somebody imported; a value of them exists only then."""
    found = sys.modules.get(module)
    return tuple(kind for name in names if isinstance(kind := getattr(found, name, None), type))


def type_name(kind: type) -> str:
    """Write the name of a type as people write it."""
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
