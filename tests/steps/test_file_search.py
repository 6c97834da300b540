from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from airflow_artifacts.exceptions import ConfigurationError, SourceFileError, StorageError, UrlError
from airflow_artifacts.steps.file_search import find_files, source_errors
from airflow_artifacts.steps.files import filesystem_opener

if TYPE_CHECKING:
    from pathlib import Path


def find(pattern: Any, file_type: Any = None, opener: Any = None) -> Any:
    return find_files(str(pattern), file_type, opener or filesystem_opener.get(), {})


def names(folder: Path, pattern: Any, file_type: Any = None) -> Any:
    return [file.path.removeprefix(f"{folder}/") for file in find(f"{folder}/{pattern}".rstrip("/"), file_type)]


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    for name in ["b.jsonl", "a.NDJSON", "c/d/e.json", "c/f.jsonl.gz", "README.md", ".h.jsonl", ".git/x.jsonl"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}\n")
    return tmp_path


class TestPatterns:
    def test_a_folder_is_searched_to_the_ground(self, folder: Path) -> None:
        assert names(folder, "") == ["a.NDJSON", "b.jsonl", "c/d/e.json", "c/f.jsonl.gz"]

    def test_a_glob(self, folder: Path) -> None:
        assert names(folder, "*") == ["a.NDJSON", "b.jsonl"]
        assert names(folder, "*.jsonl") == ["b.jsonl"]
        assert names(folder, "c/*/*.json") == ["c/d/e.json"]

    def test_a_glob_through_folders(self, folder: Path) -> None:
        assert names(folder, "**/*.json*") == ["b.jsonl", "c/d/e.json", "c/f.jsonl.gz"]

    def test_a_hidden_file_by_its_name(self, folder: Path) -> None:
        assert names(folder, ".h.jsonl") == [".h.jsonl"]
        assert names(folder, ".git/*.jsonl") == [".git/x.jsonl"]

    def test_a_name_that_looks_like_a_glob(self, tmp_path: Path) -> None:
        (tmp_path / "a[1].jsonl").write_text("")
        assert names(tmp_path, "a[1].jsonl") == ["a[1].jsonl"]

    def test_a_file_url(self, folder: Path) -> None:
        assert [file.path for file in find((folder / "b.jsonl").as_uri())] == [f"{folder}/b.jsonl"]

    def test_a_store(self) -> None:
        filesystem = fsspec.filesystem("memory")
        for name in ("/search/b.jsonl", "/search/a/c.jsonl"):
            filesystem.pipe_file(name, b"{}\n")
        try:
            for pattern in ("memory://search", "memory://search/**/*.jsonl"):
                assert [file.url for file in find(pattern)] == [
                    "memory:///search/a/c.jsonl",
                    "memory:///search/b.jsonl",
                ]
            assert [file.url for file in find("memory://search/b.jsonl")] == ["memory://search/b.jsonl"]
        finally:
            filesystem.rm("/search", recursive=True)


class TestTypes:
    @pytest.mark.parametrize(
        ("name", "file_type"),
        [
            ("a.jsonl", "jsonl"),
            ("a.json.zst", "jsonl"),
            ("a.csv", "csv"),
            ("a.TSV.xz", "csv"),
            ("a.parquet", "parquet"),
            ("a.pq", "parquet"),
        ],
    )
    def test_the_extension_says_it(self, tmp_path: Path, name: Any, file_type: Any) -> None:
        (tmp_path / name).write_text("")
        assert [file.file_type for file in find(tmp_path / name)] == [file_type]

    @pytest.mark.parametrize("name", ["a.txt", "parquet", "a.parquet.gz", "gz"])
    def test_the_extension_does_not_say_it(self, tmp_path: Path, name: Any) -> None:
        (tmp_path / name).write_text("")
        with pytest.raises(SourceFileError, match=r"none of 1 files ends with one of .jsonl,.*file_type="):
            find(tmp_path / name)
        assert [file.file_type for file in find(tmp_path / name, "csv")] == ["csv"]

    def test_a_glob_takes_all_files_for_the_given_type(self, folder: Path) -> None:
        assert names(folder, "*", "csv") == ["README.md", "a.NDJSON", "b.jsonl"]

    def test_a_folder_gives_only_files_of_the_given_type(self, folder: Path) -> None:
        (folder / "x.csv").write_text("")
        assert names(folder, "", "csv") == ["x.csv"]
        with pytest.raises(SourceFileError, match=r"none of 6 files ends with one of .parquet, .pq. Give a glob"):
            find(folder, "parquet")

    def test_several_types_in_one_folder(self, folder: Path) -> None:
        (folder / "x.csv").write_text("")
        (folder / "y.csv").write_text("")
        with pytest.raises(SourceFileError, match=r"csv \(.*x.csv\) and jsonl \(.*a.NDJSON\)"):
            find(folder)


class TestNothing:
    @pytest.mark.parametrize(
        ("pattern", "problem"),
        [
            ("none.jsonl", "there is no such file"),
            ("*.pq", "no file matches"),
            ("empty", "the folder has no files"),
        ],
    )
    def test_nothing_found(self, tmp_path: Path, pattern: Any, problem: Any) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(SourceFileError, match=problem) as caught:
            find(tmp_path / pattern)
        assert f"{tmp_path}/{pattern}" in str(caught.value)

    def test_an_unknown_protocol(self) -> None:
        with pytest.raises(UrlError, match="nothing://x cannot be opened: Protocol not known"):
            find("nothing://x")


class TestCredentials:
    URL = "memory://user:hunter2@host/nothing/here.jsonl?token=hunter3"

    def test_they_are_not_in_errors(self) -> None:
        with pytest.raises(SourceFileError) as caught:
            find(self.URL)
        assert "hunter" not in str(caught.value)
        assert "memory://host/nothing/here.jsonl" in str(caught.value)

    @pytest.mark.parametrize("kind", [FileNotFoundError, OSError, PermissionError])
    def test_they_are_not_in_errors_of_the_store(self, kind: Any) -> None:
        def fail(url: Any, options: Any) -> None:
            del options
            raise kind(f"no way to {url}")

        with pytest.raises((SourceFileError, StorageError)) as caught:
            find(self.URL, opener=fail)
        assert "hunter" not in str(caught.value)
        assert caught.value.__suppress_context__
        assert caught.value.retryable is (kind is not FileNotFoundError)

    def test_nor_in_errors_of_http(self) -> None:
        failure = type("ClientError", (Exception,), {"__module__": "aiohttp.client"})
        with pytest.raises(StorageError, match="ClientError: 403, <URL>"), source_errors("https://x/y"):
            raise failure("403, https://x/y?token=hunter2")

    def test_errors_of_ours_are_left_alone(self) -> None:
        error = ConfigurationError("root", "is wrong.")

        def fail(*_: Any) -> Any:
            raise error

        with pytest.raises(ConfigurationError) as caught:
            find(self.URL, opener=fail)
        assert caught.value is error

    def test_other_errors_are_left_alone(self) -> None:
        with pytest.raises(ZeroDivisionError), source_errors("https://x/y"):
            raise ZeroDivisionError

    def test_a_file_of_a_url_with_credentials_is_named_without(self) -> None:
        filesystem = fsspec.filesystem("memory")
        filesystem.pipe_file("/secret/a.jsonl", b"{}\n")
        try:
            [file] = find(
                "memory://user:hunter2@secret/a.jsonl", opener=lambda *_: (filesystem, "/secret/a.jsonl")
            )
        finally:
            filesystem.rm("/secret", recursive=True)
        assert file.url == "memory://secret/a.jsonl"
        assert "hunter2" not in repr(file)
