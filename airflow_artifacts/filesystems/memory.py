"""``memory://``: files that live and die with the process, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

schemes = ["memory"]


def get_fs(conn_id: str | None, storage_options: dict[str, Any] | None = None) -> AbstractFileSystem:  # noqa: ARG001
    """Give the memory; all of a process share it, whatever the connection."""
    from fsspec.implementations.memory import MemoryFileSystem

    return MemoryFileSystem(**(storage_options or {}))
