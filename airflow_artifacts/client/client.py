"""The client: saving, finding, loading."""

from __future__ import annotations

import os
import re
import tempfile
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from airflow_artifacts.artifacts import (
    ArtifactConfig,
    ArtifactRepository,
    ArtifactVersion,
    Draft,
    RunUri,
    VersionFilter,
    check_label,
    check_value,
    documents,
    draft_file,
    draft_path,
    draft_value,
    parse_uri,
)
from airflow_artifacts.artifacts.local_files import place_files
from airflow_artifacts.artifacts.saving import file_name, joined, write_stream
from airflow_artifacts.artifacts.sources import find_source, is_source
from airflow_artifacts.client.opening import open_repository
from airflow_artifacts.client.options import Output, SaveOptions, VersionOptions, make_config
from airflow_artifacts.client.saving import Saving, saving
from airflow_artifacts.exceptions import (
    ArtifactError,
    ArtifactLoadError,
    ArtifactNotFoundError,
    ObjectNotFoundError,
    UnsafeNameError,
)
from airflow_artifacts.settings import check_root
from airflow_artifacts.storage import check_artifact_name, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from typing_extensions import Unpack

    from airflow_artifacts.artifacts.repository import Found
    from airflow_artifacts.artifacts.value_codecs import Encoded


class ArtifactClient:
    """Saves, finds and loads the artifacts below a root. It needs no running Airflow.

    In a task, what is saved has the task as its producer, and what the task has read before as its parents.

    Args:
        root: URL or absolute path of the root; a connection may stand in it (``s3://conn_id@bucket/prefix``).
            By default ``[airflow_artifacts] root`` of Airflow's configuration, or of its environment variable.

    Raises:
        ConfigurationError: The root cannot be used.
    """

    def __init__(self, root: str | os.PathLike[str] | None = None) -> None:
        self._root = None if root is None else check_root(os.fspath(root))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.repository.store.root!r})"

    @cached_property
    def repository(self) -> ArtifactRepository:
        """The artifacts, opened when they are first asked for: a client may be made while a DAG file is parsed."""
        return open_repository(self._root)

    # Finding

    def list_artifacts(self, prefix: str = "") -> list[ArtifactVersion]:
        """List the latest version of each artifact.

        Args:
            prefix: How the names begin; or ``run://<dag>/<run>[/<task>[/<map index>]]`` for all versions that a
                DAG run, a task or a task instance saved.

        Raises:
            ArtifactUriError: It is a URI of something else.
        """
        if "://" not in prefix:
            return self.repository.latest(prefix)
        uri = parse_uri(prefix)
        if isinstance(uri, RunUri) and uri.path is None:
            return self.repository.made_by(uri)
        return [self.repository.find(prefix).version]

    def list_artifact_versions(  # noqa: PLR0913 - each is one way to choose
        self,
        name: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        tags: str | Sequence[str] = (),
        dag_id: str | None = None,
        run_id: str | None = None,
        task_id: str | None = None,
        created_after: date | str | None = None,
        created_before: date | str | None = None,
    ) -> list[ArtifactVersion]:
        """List all versions of an artifact that are not deleted, from the oldest to the latest.

        Args:
            name: The artifact's name.
            metadata: Only those with these values, of which the newest count.
            tags: Only those with all of these tags.
            dag_id: Only those of this DAG.
            run_id: Only those of this DAG run.
            task_id: Only those of this task.
            created_after: Only those saved later than this moment, which without a time zone is one in UTC.
            created_before: Only those saved earlier.

        Raises:
            ArtifactNotFoundError: There is no artifact of that name.
        """
        wanted = VersionFilter(metadata, tags, dag_id, run_id, task_id, created_after, created_before)
        versions = self.repository.versions(name, wanted)
        if not versions:
            self.repository.check_exists(name)
        return versions

    def get_artifact_version(self, name: str, version: int | str | None = None) -> ArtifactVersion:
        """Give one version of an artifact: by its number, by its label, or the latest.

        Raises:
            ArtifactNotFoundError: There is none.
        """
        return self.repository.get(name, version)

    def delete_artifact_version(self, name: str, version: int | str) -> None:
        """Delete a version: it is gone at once, and its files thereafter. Its number and label stay taken.

        Safe to repeat, where it died before the files were gone.

        Args:
            name: The artifact's name.
            version: Number or label. What is the latest may have changed since somebody looked, so it has to be
                named.

        Raises:
            ArtifactNotFoundError: There is none.
        """
        self.repository.delete(name, [version])

    # Saving

    def save_artifact(
        self,
        name: str,
        value: object,
        metadata: Mapping[str, Any] | None = None,
        *,
        kind: str | None = None,
        **options: Unpack[VersionOptions],
    ) -> dict[str, Any]:
        """Save a value as the next version of an artifact.

        Args:
            name: The artifact's name.
            value: A value; a ``pathlib.Path`` of a file or folder; or a function that is called with a folder and
                writes files into it.
            metadata: JSON values; dates, NumPy scalars and paths are normalised.
            kind: For texts: ``markdown``, ``html`` or ``csv``.
            **options: See ``VersionOptions``.

        Returns:
            The ref of the version, for XCom and for ``load_artifact``.

        Raises:
            UnsafeNameError: The name or the label is malformed.
            VersionExistsError: A version has the label.
            ArtifactError: The value or the metadata cannot be kept.
        """
        config = make_config(name, metadata, **options)
        return self.save_outputs([Output(config, value, kind)], asset=options.get("asset", False))[0]

    def save_outputs(self, outputs: Sequence[Output], *, asset: bool = False) -> list[dict[str, Any]]:
        """Save several values; none is registered before all are checked and written.

        Returns:
            The refs, in the order of the outputs.

        Raises:
            UnsafeNameError: A name or a label is malformed.
            VersionExistsError: A version has a label.
            ArtifactError: A value or metadata cannot be kept.
        """
        allow_pickle = self.repository.access.allow_pickle
        checked = [Output(output.config.checked(), output.value, output.kind) for output in outputs]
        names = [output.config.name for output in checked]
        for name in names:
            if names.count(name) > 1:
                raise ArtifactError(name, "several outputs have this name. Save them one after the other.")
        with saving(self.repository, names, asset=asset) as call:
            for output in checked:
                check_label(self.repository, output.config, call.origin)
                check_value(output.config.name, output.value, kind=output.kind, allow_pickle=allow_pickle)
            drafts = []
            for number, output in enumerate(checked):
                place = call.folder / str(number)
                place.mkdir()
                drafts.append(
                    draft_value(output.config, output.value, place, kind=output.kind, allow_pickle=allow_pickle)
                )
            return call.keep(drafts)

    def log_artifact(
        self, local_path: str | os.PathLike[str], artifact_path: str | None = None, **options: Unpack[SaveOptions]
    ) -> dict[str, Any]:
        """Save a local file, or a folder, under its name, below ``artifact_path`` if that is given.

        Raises:
            ArtifactError: There is no such file, or the folder is empty.
            UnsafeNameError: The name cannot be an artifact's name.
        """
        path = Path(local_path).expanduser()
        name = _checked_name(joined(artifact_path, path.absolute().name), path)
        return self._log(name, lambda config, _: draft_path(config, path), options)

    def log_artifacts(
        self, local_dir: str | os.PathLike[str], artifact_path: str | None = None, **options: Unpack[SaveOptions]
    ) -> dict[str, Any]:
        """Save a local folder as one artifact, named ``artifact_path`` or like the folder.

        Raises:
            ArtifactError: There is no such folder, or it is empty.
            UnsafeNameError: The name cannot be an artifact's name.
        """
        path = Path(local_dir).expanduser()
        name = (artifact_path or "").rstrip("/") or path.absolute().name
        if path.is_file():
            raise ArtifactError(name, f"{str(path)!r} is a file, not a folder. Use log_artifact.")
        return self._log(name, lambda config, _: draft_path(config, path), options)

    def register_artifact(
        self, uri: str | os.PathLike[str], name: str, *, copy: bool = True, **options: Unpack[SaveOptions]
    ) -> dict[str, Any]:
        """Make a version of a file or a folder that exists, on a disk, a store or a web server.

        Args:
            uri: A local path, or the URL of a file or folder: ``file://``, ``s3://``, ``gs://``, ``abfs://``,
                ``hdfs://`` or ``webhdfs://``, with a connection in it or without; or of a file: ``https://``.
            name: The artifact's name.
            copy: Whether the files are copied below the root. If not, they stay where they are, and the version
                keeps their URL and checksums: loading them fails once they are changed or gone. Deleting
                the version never deletes them.
            **options: See ``SaveOptions``.

        Returns:
            The ref of the version.

        Raises:
            ArtifactError: There is no such file, or the folder is empty.
            UnsafeNameError: The name, or that of a file, is malformed.
            UnsafeUrlError: The URL holds a password, or leads to where nothing may be fetched; or it has a query,
                which a version without a copy would have to keep.
            UrlError: The URL cannot be opened.
        """

        def keep(config: ArtifactConfig, call: Saving) -> dict[str, Any]:
            opener = self.repository.access.open_source
            source = find_source(config.name, os.fspath(uri), opener, to_be_kept=not copy)
            return call.keep_source(config, source, copy=copy)

        return self._keep(name, keep, options)

    def log_text(self, text: str, artifact_file: str, **options: Unpack[SaveOptions]) -> dict[str, Any]:
        """Save a text as a file in UTF-8; the file's path is the artifact's name."""
        return self._log_file(artifact_file, lambda path: documents.write_text(text, path), options)

    def log_dict(self, dictionary: Any, artifact_file: str, **options: Unpack[SaveOptions]) -> dict[str, Any]:
        """Save a dictionary or a list as JSON or YAML, which the file's extension decides.

        Dates, NumPy scalars and paths are normalised.

        Raises:
            ArtifactError: It holds what JSON cannot (NaN, bytes ...), or the extension is another one.
        """
        return self._log_file(artifact_file, lambda path: documents.write_dict(dictionary, path), options)

    def log_figure(self, figure: Any, artifact_file: str, **options: Unpack[SaveOptions]) -> dict[str, Any]:
        """Save a figure of matplotlib or plotly in the format of the file's extension.

        Raises:
            ArtifactError: It is no figure, or its library does not write that format.
        """
        return self._log_file(artifact_file, lambda path: documents.write_figure(figure, path), options)

    def log_image(self, image: Any, artifact_file: str, **options: Unpack[SaveOptions]) -> dict[str, Any]:
        """Save a PIL image, or an array of one, in the format of the file's extension.

        Args:
            image: An image; or a NumPy array of shape (height, width), (height, width, 1), (height, width, 3) or
                (height, width, 4), with bytes, or numbers from 0 to 1.
            artifact_file: Path of the file.
            **options: See ``SaveOptions``.

        Raises:
            ArtifactError: It is neither, or numbers are out of range.
        """
        return self._log_file(artifact_file, lambda path: documents.write_image(image, path), options)

    def log_table(self, data: Any, artifact_file: str, **options: Unpack[SaveOptions]) -> dict[str, Any]:
        """Save a table as Parquet, CSV, JSON or JSON Lines, which the file's extension decides.

        Args:
            data: A data frame of pandas or polars, an Arrow table, a dictionary of columns, or a list of rows.
            artifact_file: Path of the file.
            **options: See ``SaveOptions``.

        Raises:
            ArtifactError: It is no table, or the extension is another one.
        """
        return self._log_file(artifact_file, lambda path: documents.write_table(data, path), options)

    def log_stream(
        self, stream: IO[bytes] | IO[str], artifact_file: str, **options: Unpack[SaveOptions]
    ) -> dict[str, Any]:
        """Save what an open file gives, from where it stands to its end, without holding it in memory.

        Raises:
            ArtifactError: It is not open for reading.
        """
        return self._log_file(artifact_file, lambda path: write_stream(stream, path), options)

    def log_metadata(self, metadata: Mapping[str, Any], artifact: object) -> None:
        """Add metadata to a version that is saved; earlier values of the same keys become history.

        Args:
            metadata: JSON values; dates, NumPy scalars and paths are normalised.
            artifact: A ref, a version, a URI, a name for its latest version, or ``name@version``.

        Raises:
            ArtifactError: It is not JSON.
            ArtifactNotFoundError: There is no such artifact.
        """
        self.repository.add_metadata(self.repository.find(artifact).version, metadata)

    # Loading

    def load_artifact(self, artifact: object, as_type: type | None = None) -> Any:
        """Load a value.

        Args:
            artifact: A ref, a version, a URI, a name for its latest version, or ``name@version``.
            as_type: See ``ArtifactVersion.load``.

        Returns:
            The value; for files, folders, and URIs of a file in an artifact the path of a local copy.

        Raises:
            ArtifactNotFoundError: There is no such artifact.
            ArtifactLoadError: It cannot be loaded so.
            DamagedObjectError: A file is not what was saved.
        """
        found = self.repository.find(artifact)
        return found.version.load(as_type) if found.file is None else self._download(found, None)

    def load_text(self, artifact: object) -> str:
        """Load a file as text in UTF-8."""
        text: str = self._read(artifact, documents.read_text)
        return text

    def load_dict(self, artifact: object) -> Any:
        """Load a file of JSON or YAML, which its extension decides."""
        return self._read(artifact, documents.read_dict)

    def load_table(self, artifact: object, as_type: type | None = None) -> Any:
        """Load a file of Parquet, CSV, JSON or JSON Lines as a table.

        Args:
            artifact: A ref, a version, a URI, a name for its latest version, or ``name@version``.
            as_type: ``pandas.DataFrame``, ``polars.DataFrame`` or ``pyarrow.Table``; by default pandas where that
                is installed, else Arrow.
        """
        return self._read(artifact, lambda path: documents.read_table(path, as_type))

    def download_artifacts(self, artifact: object, dst_path: str | os.PathLike[str] | None = None) -> Path:
        """Copy an artifact, or a file or folder in it, to a local folder.

        Args:
            artifact: A ref, a version, a URI, a name for its latest version, or ``name@version``; or the URL of
                a file or folder that is no artifact, as ``register_artifact`` takes it.
            dst_path: The folder, which is made. Without it, one that a task removes when it ends, and a script
                when it exits.

        Returns:
            The file, if it is one, else the folder.

        Raises:
            ArtifactNotFoundError: There is no such artifact, or no such file in it, or none at the URL.
            DamagedObjectError: A file is not what was saved.
            UnsafeUrlError: The URL holds a password, or leads to where nothing may be fetched.
        """
        if isinstance(artifact, str) and is_source(artifact):
            return self._fetch(artifact, dst_path)
        return self._download(self.repository.find(artifact), dst_path)

    def _fetch(self, url: str, target: str | os.PathLike[str] | None) -> Path:
        access = self.repository.access
        shown = without_credentials(url)
        try:
            source = find_source(shown, url, access.open_source)
            folder = access.new_folder() if target is None else Path(target).expanduser()
            paths = [path for path, _ in source.keys]
            place_files(shown, folder, paths, source.fetch)
        except (ArtifactError, ObjectNotFoundError) as error:
            existing = "Look whether the URL is right, and may be read with these credentials."
            raise ArtifactNotFoundError(f"file, and no folder with files, at {shown}", existing) from error
        return folder if source.is_folder else folder / paths[0]

    def _download(self, found: Found, target: str | os.PathLike[str] | None) -> Path:
        return found.version.download(target, file=found.file)

    def _read(self, artifact: object, read: Callable[[Path], Any]) -> Any:
        found = self.repository.find(artifact)
        with tempfile.TemporaryDirectory(prefix="airflow-artifacts-") as folder:
            path = self._download(found, folder)
            if path.is_dir():
                raise ArtifactLoadError(
                    found.version.name, f"it is a folder. Name a file: {found.version.uri}/<file>."
                )
            return read(path)

    def _log_file(
        self, artifact_file: str, write: Callable[[Path], Encoded], options: SaveOptions
    ) -> dict[str, Any]:
        def draft(config: ArtifactConfig, call: Saving) -> Draft:
            return draft_file(config, call.folder / file_name(config.name), write)

        return self._log(artifact_file, draft, options)

    def _log(
        self, name: str, draft: Callable[[ArtifactConfig, Saving], Draft], options: SaveOptions
    ) -> dict[str, Any]:
        return self._keep(name, lambda config, call: call.keep([draft(config, call)])[0], options)

    def _keep(
        self, name: str, keep: Callable[[ArtifactConfig, Saving], dict[str, Any]], options: SaveOptions
    ) -> dict[str, Any]:
        config = make_config(name, **options).checked()
        with saving(self.repository, [config.name], asset=options.get("asset", False)) as call:
            check_label(self.repository, config, call.origin)
            return keep(config, call)


def _checked_name(name: str, path: Path) -> str:
    """Refuse the name of a file that is no artifact's name, and say how the file can be saved all the same."""
    try:
        return check_artifact_name(name)
    except UnsafeNameError as error:
        better = re.sub(r"[^A-Za-z0-9._/-]+", "_", name).strip("/._-") or "file"
        problem = f"{error.problem} To keep it: save_artifact({better!r}, Path({path.name!r}))."
        raise UnsafeNameError("artifact name", name, problem) from None
