"""What a browser saves is what the store has, and a browser is told what it is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.ui.addresses import APP, file_route, plain_page
from tests.ui.dags.hostile import NAMES
from tests.ui.deployment import RUN
from tests.ui.parts import open_artifact, root_of

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse

    from tests.ui.browsing import Visitor
    from tests.ui.deployment import Deployment

FIGURE = "text_character_count_distribution"
# How browsers are to treat what they are given: the type, and whether the frame that shows it may run scripts.
TYPES = {
    "page.html": "text/html; charset=utf-8",
    "drawing.svg": "image/svg+xml",
    "typed.png": "image/png",
    "text.md": "text/markdown; charset=utf-8",
    "small.pdf": "application/pdf",
    "tone.wav": "audio/wav",
    "array.npy": "application/octet-stream",
}


def stored(deployment: Deployment, name: str, file: str) -> bytes:
    """Read what lies on the disk, past all of the server's code."""
    path = deployment.client.download_artifacts(f"artifact://{name}@1")
    return (path / file if path.is_dir() else path).read_bytes()


def get(visitor: Visitor, path: str, **headers: str) -> APIResponse:
    return visitor.context.request.get(f"{visitor.url}/{path}", headers=headers)


def test_a_download_has_the_bytes_of_the_store(admin: Visitor, deployment: Deployment) -> None:
    page = admin.go(plain_page("example_text_statistics", "count"))
    open_artifact(root_of(page), FIGURE)
    with page.expect_download() as waiting:
        root_of(page).get_by_role("link", name="Download figure.png").first.click()
    saved = Path(waiting.value.path())
    assert waiting.value.suggested_filename == "figure.png"
    assert saved.read_bytes() == stored(deployment, FIGURE, "figure.png")


def test_a_part_of_a_file_is_what_was_asked_for(admin: Visitor, deployment: Deployment) -> None:
    content = stored(deployment, FIGURE, "figure.png")
    answer = get(admin, file_route(FIGURE, 1, "figure.png"), Range="bytes=1-3")
    assert (answer.status, answer.body()) == (206, content[1:4])
    assert answer.headers["content-range"] == f"bytes 1-3/{len(content)}"


@pytest.mark.parametrize("file", sorted(NAMES), ids=[str(number) for number in range(len(NAMES))])
def test_names_of_files_are_kept(admin: Visitor, file: str) -> None:
    answer = get(admin, file_route("hostile/names", 1, file))
    assert (answer.status, answer.text()) == (200, NAMES[file])
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment")
    assert not set("<>") & set(disposition)


def test_a_folder_is_one_zip(admin: Visitor) -> None:
    answer = get(admin, f"{APP}/artifacts/hostile/names@1/archive")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.body())) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {name.rpartition("names@1/")[2]: text for name, text in found.items()} == NAMES


def test_what_a_run_made_is_one_zip(admin: Visitor, deployment: Deployment) -> None:
    answer = get(admin, f"{APP}/dags/tables/archive?{urlencode({'run_id': RUN})}")
    with zipfile.ZipFile(io.BytesIO(answer.body())) as archive:
        files = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    for file in ("squares.parquet", "squares.csv", "squares.jsonl"):
        assert files[file] == stored(deployment, f"tables/{file}", file)


@pytest.mark.parametrize("inline", [False, True], ids=["download", "inline"])
@pytest.mark.parametrize("file", sorted(TYPES))
def test_no_file_is_shown_as_another_type_or_runs(admin: Visitor, file: str, inline: bool) -> None:
    answer = get(admin, file_route(f"hostile/{file}", 1, file, inline=inline))
    headers = answer.headers
    assert headers["content-type"] == TYPES[file]
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert (policy.startswith("sandbox;") and "allow-" not in policy) or (inline and file == "small.pdf")
    shown = inline and file not in {"text.md", "array.npy"}
    assert headers["content-disposition"].startswith("inline" if shown else "attachment")


def test_the_beginning_of_a_large_file_comes_before_its_end(admin: Visitor) -> None:
    answer = get(admin, file_route("hostile/huge.txt", 1, "huge.txt"), Range="bytes=0-5")
    assert (answer.status, answer.text()) == (206, "line 0")
    assert answer.headers["content-range"] == f"bytes 0-5/{2**30}"
