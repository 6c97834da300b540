"""The names that git gives to contents, trees and commits.

The formats are those of https://git-scm.com/book/en/v2/Git-Internals-Git-Objects and of the pointers of
https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def object_oid(kind: str, content: bytes) -> str:
    """Give the name of an object of a kind: ``blob``, ``tree`` or ``commit``."""
    header = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def lfs_pointer(sha256: str, size: int) -> bytes:
    """Give the text that stands in the repository for a file that is kept elsewhere."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def tree_oids(blobs: Mapping[str, str]) -> dict[str, str]:
    """Name every folder of a tree, the root as ``""``.

    Args:
        blobs: The names of the files' contents, by their paths.
    """
    children: dict[str, dict[str, str | None]] = {"": {}}
    for path, oid in blobs.items():
        parts = path.split("/")
        for depth, name in enumerate(parts):
            folder, is_file = "/".join(parts[:depth]), depth == len(parts) - 1
            children.setdefault(folder, {})[name] = oid if is_file else None
    named: dict[str, str] = {}
    for folder in sorted(children, key=lambda folder: (folder != "", folder.count("/")), reverse=True):
        named[folder] = _tree_oid(folder, children[folder], named)
    return named


def _tree_oid(folder: str, children: Mapping[str, str | None], named: Mapping[str, str]) -> str:
    entries = []
    for name, blob in children.items():
        oid = named[f"{folder}/{name}".lstrip("/")] if blob is None else blob
        mode, order = ("40000", f"{name}/") if blob is None else ("100644", name)
        entries.append((order.encode(), f"{mode} {name}\0".encode() + bytes.fromhex(oid)))
    return object_oid("tree", b"".join(entry for _, entry in sorted(entries)))


def commit_oid(tree: str, parent: str | None, author: str, date: datetime, message: str) -> str:
    """Give the name of a commit with at most one parent, which its author made."""
    when = f"{author} <{author}@users.noreply.huggingface.co> {int(date.timestamp())} +0000"
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {when}", f"committer {when}"]
    return object_oid("commit", "\n".join([*lines, "", message]).encode())
