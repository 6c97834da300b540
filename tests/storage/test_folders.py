from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.exceptions import ArtifactError, UnsafeFileError, UnsafeNameError
from airflow_artifacts.storage.folders import scan_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    folder = tmp_path / "figure"
    folder.mkdir()
    return folder


def names(folder: Path) -> Any:
    return [name for name, _ in scan_folder(folder)]


def test_files_with_relative_paths_in_order(folder: Path) -> None:
    (folder / "b" / "c").mkdir(parents=True)
    (folder / "b" / "c" / "2.txt").write_text("two")
    (folder / "b.txt").write_text("b")
    (folder / "a.txt").write_text("a")
    (folder / ".hidden").write_text("h")
    (folder / "empty").mkdir()
    assert names(folder) == [".hidden", "a.txt", "b.txt", "b/c/2.txt"]
    assert all(path.is_file() for _, path in scan_folder(folder))


def test_links_within_the_folder_count_as_what_they_point_to(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "x").write_text("x")
    (folder / "file").symlink_to("data/x")
    (folder / "again").symlink_to(folder / "data", target_is_directory=True)
    found = dict(scan_folder(folder))
    assert list(found) == ["again/x", "data/x", "file"]
    assert {path.resolve() for path in found.values()} == {(folder / "data" / "x").resolve()}


def test_a_folder_that_is_itself_reached_by_a_link(folder: Path, tmp_path: Path) -> None:
    (folder / "a").write_text("a")
    (tmp_path / "link").symlink_to(folder)
    assert names(tmp_path / "link") == ["a"]


@pytest.mark.parametrize("target", ["../outside", "/etc/hostname", "../figure_evil/x"])
def test_a_link_that_leads_out_is_refused(folder: Path, tmp_path: Path, target: Any) -> None:
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "figure_evil").mkdir()
    (tmp_path / "figure_evil" / "x").write_text("secret")
    (folder / "link").symlink_to(target)
    with pytest.raises(UnsafeFileError, match=r"'figure'.*'link' leads (out of|nowhere)"):
        scan_folder(folder)


def test_a_folder_outside_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(UnsafeFileError, match="out of its folder"):
        scan_folder(folder)


@pytest.mark.parametrize("target", ["nothing", "link"])
def test_a_link_to_nothing_or_to_itself_is_refused(folder: Path, target: Any) -> None:
    (folder / "link").symlink_to(target)
    with pytest.raises(UnsafeFileError, match="leads nowhere or in a circle"):
        scan_folder(folder)


def test_a_circle_of_folders_is_refused(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "up").symlink_to("..")
    with pytest.raises(UnsafeFileError, match="'a/up' leads in a circle"):
        scan_folder(folder)


def test_a_pipe_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(UnsafeFileError, match="'pipe' is neither a file nor a folder"):
        scan_folder(folder)


def test_a_socket_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(UnsafeFileError, match="neither a file nor a folder"):
            scan_folder(folder)


@pytest.mark.parametrize("name", ["a\\b", "line\nbreak", "c:x"])
def test_names_that_stores_read_in_another_way_are_refused(folder: Path, name: Any) -> None:
    (folder / name).write_text("x")
    with pytest.raises(UnsafeNameError):
        scan_folder(folder)


def test_a_name_that_is_no_text_is_refused(folder: Path) -> None:
    try:
        (folder / os.fsdecode(b"\xff")).write_text("x")
    except OSError:
        pytest.skip("the file system takes only UTF-8")
    with pytest.raises(UnsafeNameError):
        scan_folder(folder)


def test_no_file_is_refused(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(ArtifactError, match="Artifact 'figure' was not saved: no file was written"):
        scan_folder(folder)


def test_a_folder_that_was_removed_is_refused(folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(ArtifactError, match=r"Artifact 'plot'.*not there any more"):
        scan_folder(folder, name="plot")


@pytest.mark.parametrize("name", ["metadata.json", "METADATA.json"])
def test_a_reserved_name_is_refused(folder: Path, name: Any) -> None:
    (folder / name).write_text("{}")
    with pytest.raises(ArtifactError, match="is taken"):
        scan_folder(folder, reserved={"metadata.json"})


def test_a_reserved_name_is_free_below(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "metadata.json").write_text("{}")
    assert [name for name, _ in scan_folder(folder, reserved={"metadata.json"})] == ["sub/metadata.json"]
