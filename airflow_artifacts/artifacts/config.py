"""What is said of an artifact before there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_artifacts.exceptions import ArtifactError, UnsafeNameError
from airflow_artifacts.storage import check_artifact_name
from airflow_artifacts.storage.keys import has_controls
from airflow_artifacts.storage.metadata import normalise_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LATEST = "latest"
_TAG_LIMIT = 200  # characters


@dataclass(frozen=True)
class ArtifactConfig:
    """Names an artifact, and says what is kept with it.

    Attributes:
        name: The artifact's name.
        version: A label for the version, besides its number; each label of a name is given once.
        tags: Words to find versions by.
        metadata: JSON values; dates, NumPy scalars and paths are normalised.
    """

    name: str
    version: str | None = None
    tags: Sequence[str] = ()
    metadata: Mapping[str, Any] | None = field(default=None, hash=False)

    def checked(self) -> ArtifactConfig:
        """Give the configuration with tags and metadata in the form in which they are kept.

        Raises:
            UnsafeNameError: The name, the label or a tag is malformed.
            ArtifactError: A tag is no text, or metadata is not JSON.
        """
        name = check_artifact_name(self.name)
        return ArtifactConfig(
            name,
            None if self.version is None else check_label(self.version),
            _tags(name, self.tags),
            normalise_metadata(name, self.metadata or {}),
        )


def check_label(label: str) -> str:
    """Return the text if it can be a version's label.

    Raises:
        UnsafeNameError: It has other characters than a part of a name, or would be read as a number.
    """
    try:
        check_artifact_name(label)
    except UnsafeNameError as error:
        raise UnsafeNameError("version label", error.name, error.problem) from None
    if "/" in label or label.isdecimal() or label == _LATEST:
        raise UnsafeNameError(
            "version label",
            label,
            f"a number is given anyway, {_LATEST!r} is the highest, and '/' ends a version.",
        )
    return label


def _tags(name: str, tags: Sequence[str]) -> tuple[str, ...]:
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise ArtifactError(name, f"tags are {tags!r}. Give a list of texts: [{str(tags)!r}].")
    for tag in tags:
        if not isinstance(tag, str) or not tag.strip():
            raise ArtifactError(name, f"the tag {tag!r} is no text. Give texts that are not empty.")
        if len(tag) > _TAG_LIMIT or has_controls(tag):
            raise UnsafeNameError(
                "tag",
                tag[:_TAG_LIMIT],
                f"a tag is one line of at most {_TAG_LIMIT} characters, without controls. Use metadata for more.",
            )
    return tuple(dict.fromkeys(tags))
