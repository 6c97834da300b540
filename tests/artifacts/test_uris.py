from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_artifacts.artifacts.uris import ArtifactUri, RunUri, artifact_uri, parse_uri
from airflow_artifacts.exceptions import ArtifactUriError, UnsafeNameError
from airflow_artifacts.storage import check_artifact_name, check_relative_path

RUN = "manual__2026-01-02T03:04:05.000006+00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ArtifactUri("a")),
        ("a/b.csv", ArtifactUri("a/b.csv")),
        ("a@3", ArtifactUri("a", "3")),
        ("a/b@v1.0", ArtifactUri("a/b", "v1.0")),
        ("a@3/f/g.txt", ArtifactUri("a", "3", "f/g.txt")),
        ("artifact://a", ArtifactUri("a")),
        ("artifact://a/b@latest", ArtifactUri("a/b", "latest")),
        ("artifact://a/b@12/f", ArtifactUri("a/b", "12", "f")),
        ("artifact://a@1/x@2", ArtifactUri("a", "1", "x@2")),
        ("artifact://a@1/my%20file%231.txt", ArtifactUri("a", "1", "my file#1.txt")),
        ("artifact://a@1/a%2520b", ArtifactUri("a", "1", "a%20b")),
        ("artifact://a/%C3%A4.txt", ArtifactUri("a/ä.txt")),
        ("run://d/r", RunUri("d", "r")),
        ("run://d/r/t", RunUri("d", "r", "t")),
        ("run://d/r/t/3", RunUri("d", "r", "t", 3)),
        ("run://d/r/t/-1/3/x", RunUri("d", "r", "t", -1, "3/x")),
        (f"run://my.dag/{RUN}/g.t/a/b.csv", RunUri("my.dag", RUN, "g.t", None, "a/b.csv")),
        ("run://d/r/t/0/a", RunUri("d", "r", "t", 0, "a")),
        ("run://%C3%A4/r%20s/t%2E/a", RunUri("ä", "r s", "t.", None, "a")),
    ],
)
def test_texts_that_are_uris(text: str, expected: ArtifactUri | RunUri) -> None:
    assert parse_uri(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "its part '' is empty"),
        ("artifact://", "its part '' is empty"),
        ("http://a/b", "its scheme is 'http'"),
        ("s3://a", "its scheme is 's3'"),
        ("ARTIFACT://a", "its scheme is 'ARTIFACT'"),
        ("artifact://a/", "its part '' is empty"),
        ("artifact://a//b", "its part '' is empty"),
        ("artifact://a?b=1", "not percent-encoded"),
        ("artifact://a#b", "not percent-encoded"),
        ("artifact://a b", "not percent-encoded"),
        ("artifact://ä", "not percent-encoded"),
        ("artifact://a%2", "not percent-encoded"),
        ("artifact://a%zz", "not percent-encoded"),
        ("artifact://a\\b", "not percent-encoded"),
        ("artifact://a\n", "not percent-encoded"),
        ("artifact://a%FF", "no UTF-8"),
        ("artifact://a%2Fb", "a slash in it"),
        ("artifact://a@", "a version behind it"),
        ("artifact://@1", "a name stands before"),
        ("artifact://a/@1", "a name stands before"),
        ("artifact://a@1/", "its part '' is empty"),
        ("run://d", "a DAG and a run at least"),
        ("run://d/", "its part '' is empty"),
        ("run:///r", "its part '' is empty"),
        ("run://d/r//a", "its part '' is empty"),
        ("run://d/r%2Fs/t/a", "a slash in it"),
    ],
)
def test_texts_that_are_none(text: str, problem: str) -> None:
    with pytest.raises(ArtifactUriError) as caught:
        parse_uri(text)
    assert problem in str(caught.value)
    assert "The forms are artifact://<name>" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "artifact://..",
        "artifact://a/../b",
        "artifact://%2e%2e/b",
        "artifact://a@1/%2e%2e/b",
        "artifact://a@1/..",
        "artifact://a@1/a%5Cb",
        "artifact://a@1/%00",
        "artifact://a@1/%252e%252e",
        "artifact://a@1/x%25252Fy",
        "run://d/r/t/../x",
        "run://d/r/t/a/%252e%252e",
    ],
)
def test_paths_that_lead_elsewhere(text: str) -> None:
    with pytest.raises(UnsafeNameError):
        parse_uri(text)


def is_safe(path: str) -> bool:
    try:
        check_relative_path(path)
    except UnsafeNameError:
        return False
    return True


NAMES = st.from_regex(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}(/[A-Za-z0-9][A-Za-z0-9._-]{0,8}){0,2}", fullmatch=True
).filter(lambda name: not any(segment.endswith(".") for segment in name.split("/")))
FILES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3).map("/".join).filter(is_safe)
IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=20)


@settings(deadline=None)
@given(NAMES, st.integers(1, 10**9), FILES)
@example("a", 1, "my file #1?100%.txt")
@example("a", 1, "a@2/ä%41")
@example("a", 1, "~+&=;,'()!*$:")
def test_file_names_round_trip(name: str, version: int, file: str) -> None:
    uri = artifact_uri(name, version, file)
    assert uri.isascii()
    assert parse_uri(uri) == ArtifactUri(check_artifact_name(name), str(version), check_relative_path(file))
    assert parse_uri(artifact_uri(name, version)) == ArtifactUri(name, str(version))
