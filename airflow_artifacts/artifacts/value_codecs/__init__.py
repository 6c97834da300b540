"""How values become files and files values: one codec for each kind, chosen by the value's type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Codec, Encoded, type_name
from airflow_artifacts.artifacts.value_codecs.file_names import guess_media_type
from airflow_artifacts.artifacts.value_codecs.registry import find_codec, get_codec
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError, ArtifactsError
from airflow_artifacts.storage.metadata import normalise

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Codec", "Encoded", "check_encodable", "decode", "encode", "guess_media_type"]


def check_encodable(name: str, value: Any, *, kind: str | None = None, allow_pickle: bool = False) -> None:
    """Refuse early what ``encode`` would refuse, as far as that can be told without writing.

    Args:
        name: The artifact's name.
        value: The value.
        kind: What it is to be, where its type leaves a choice: markdown, html, csv, yaml or pickle.
        allow_pickle: Whether what no codec takes may be pickled.

    Raises:
        UnsupportedTypeError: No codec takes a value of its type.
        ArtifactError: The value holds something that cannot be kept, or the kind does not fit it.
    """
    codec = find_codec(name, value, kind=kind, allow_pickle=allow_pickle)
    if isinstance(codec, BuiltinCodec):
        codec.check(name, value)


def encode(name: str, value: Any, folder: Path, *, kind: str | None = None, allow_pickle: bool = False) -> Encoded:
    """Write a value into an empty folder. Arguments as for ``check_encodable``.

    Raises:
        UnsupportedTypeError: No codec takes a value of its type.
        ArtifactError: The value would not come back as it is, or the kind does not fit it.
        OSError: The folder cannot be written.
    """
    codec = find_codec(name, value, kind=kind, allow_pickle=allow_pickle)
    try:
        encoded = codec.encode(name, value, folder)
    except (ArtifactsError, OSError):
        raise
    except Exception as error:
        raise ArtifactError(
            name, f"the codec {codec.name!r} cannot write it ({type(error).__name__}: {error}). Convert it before."
        ) from error
    if isinstance(codec, BuiltinCodec):
        return encoded
    if not isinstance(encoded, Encoded) or encoded.codec != codec.name or not any(folder.iterdir()):
        raise ArtifactError(
            name, f"the codec {codec.name!r} wrote no file, or did not say what. Repair its package."
        )
    facts = normalise(name, dict(encoded.facts), "facts")
    return Encoded(encoded.codec, encoded.kind, encoded.media_type, facts)


def decode(codec: str, folder: Path, *, name: str, as_type: type | None = None, allow_pickle: bool = False) -> Any:
    """Read the value that the files of a folder hold.

    Args:
        codec: The codec's name, from the artifact's record.
        folder: A folder with the artifact's files, whose checksums were verified, and no others.
        name: The artifact's name, for messages.
        as_type: The type that is wanted: another library's table, say, or the class of a model.
        allow_pickle: Whether a pickle may be read, which can run any code.

    Raises:
        ArtifactLoadError: The files, the codec or the type do not fit.
        MissingExtraError: A library is not installed.
    """
    if codec == "pickle" and not allow_pickle:
        raise ArtifactLoadError(
            name,
            "it is a pickle, which can run any code when it is read, and pickles are not allowed here. Where "
            "everybody who writes to the root is trusted, set [airflow_artifacts] allow_pickle.",
        )
    found = get_codec(name, codec)
    try:
        value = found.decode(folder, as_type)
        fits = as_type is None or isinstance(value, as_type)
    except ArtifactsError:
        raise
    except Exception as error:
        raise ArtifactLoadError(
            name,
            f"the codec {codec!r} cannot read it ({type(error).__name__}: {error}). Download its files instead.",
        ) from error
    if not fits:
        wanted = type_name(as_type) if isinstance(as_type, type) else repr(as_type)
        raise ArtifactLoadError(
            name,
            f"it loads as a {type_name(type(value))}, not as a {wanted}. Ask for that class, or for none: with "
            "as_type, or in @task.artifact with the annotation of the parameter.",
        )
    return value
