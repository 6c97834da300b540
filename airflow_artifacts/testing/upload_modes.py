"""Which files the Hub keeps in git, and which as large files: by their names, sizes and first bytes."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

REGULAR_BYTES = 10 * 1024 * 1024  # the largest file that may be in git
_LARGE = (
    "7z arrow avro bin bz2 ckpt ftz gz h5 joblib lz4 mds mlmodel model msgpack npy npz onnx ot parquet pb pickle "
    "pkl pt pth rar safetensors tar tflite tgz wasm xz zip zst pcm sam raw aac flac mp3 ogg wav bmp gif png tiff "
    "jpg jpeg webp mp4 webm"
)
_PATTERNS = [*(f"*.{ending}" for ending in _LARGE.split()), "*.lfs.*", "*.tar.*", "saved_model/**/*", "*tfevents*"]
DEFAULT_ATTRIBUTES = "".join(f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in sorted(_PATTERNS))


def upload_mode(path: str, size: int, sample: bytes, attributes: str) -> str:
    """Say how a file is to be uploaded: ``regular`` or ``lfs``.

    Args:
        path: Its path in the repository.
        size: Its size in bytes.
        sample: Its first bytes; a zero byte shows that it is no text.
        attributes: The ``.gitattributes`` of the repository.
    """
    large = size > REGULAR_BYTES or b"\0" in sample or _matches(path, large_patterns(attributes))
    return "lfs" if large else "regular"


def large_patterns(attributes: str) -> list[str]:
    """Give the patterns of a ``.gitattributes`` whose files are large."""
    lines = (line.split() for line in attributes.splitlines())
    return [words[0] for words in lines if "filter=lfs" in words[1:]]


def is_ignored(path: str, ignore: str) -> bool:
    """Say whether a ``.gitignore`` names a file or one of its folders; ``!`` and inner ``/`` are as in git."""
    ignored = False
    for line in map(str.strip, ignore.splitlines()):
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").rstrip("/")
            parents = [path[: found.start()] for found in re.finditer("/", path)]
            candidates = parents if line.endswith("/") else [*parents, path]
            if any(_matches(candidate, [pattern]) for candidate in candidates):
                ignored = not line.startswith("!")
    return ignored


def _matches(path: str, patterns: list[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path if "/" in pattern else name, pattern.removeprefix("/")) for pattern in patterns)
