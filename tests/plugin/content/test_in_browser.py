"""What a browser makes of files that are shown: pictures of a PDF, and nothing of a script."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.responses import HTMLResponse

from tests.plugin.content.support import eventually, running, saved, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI, Request

    from airflow_artifacts.storage import ObjectStore

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
_RED = (255, 0, 0)
# A red square, and a script that makes requests as far as the viewer lets it.
_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(
try { this.submitForm('LEAK?pdf-form'); } catch (e) {}
try { app.launchURL('LEAK?pdf-launch'); } catch (e) {}
)>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<<>>>>endobj
4 0 obj<</Length 25>>stream
1 0 0 rg 0 0 300 300 re f
endstream endobj
trailer<</Root 1 0 R>>
"""
_HTML = b"""<!doctype html><meta http-equiv="refresh" content="0;url=LEAK?refresh">
<link rel="stylesheet" href="LEAK?css"><base href="LEAK?base/">
<body style="background: red" onload="fetch('LEAK?onload')">
<script>fetch('LEAK?script'); top.document.title = 'taken'</script><script src="LEAK?src"></script>
<img src="LEAK?img" onerror="fetch('LEAK?onerror')"><iframe src="LEAK?iframe"></iframe>
<object data="LEAK?object"></object><video src="LEAK?video" autoplay></video>
<form id="form" action="LEAK?form" method="post"><input autofocus onfocus="form.submit()"></form>"""
_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300" onload="fetch('LEAK?onload')">
<script>fetch('LEAK?script'); document.title = 'taken'</script><rect width="300" height="300" fill="red"/>
<image href="LEAK?image" width="9" height="9"/>
<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="LEAK?iframe"/></foreignObject></svg>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not _CHROMIUM.exists():
        pytest.skip(f"there is no {_CHROMIUM}")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


def with_page(app: FastAPI, body: str) -> list[str]:
    """Add a page that shows the file, and one that must not be asked for; give the queries of who asked."""
    leaked: list[str] = []

    @app.api_route("/leak", methods=["GET", "POST"])
    def leak(request: Request) -> HTMLResponse:
        leaked.append(str(request.url.query))
        return HTMLResponse("")

    @app.get("/page")
    def page() -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>page</title><body style='margin: 0'>{body}")

    return leaked


def has_red(page: Any) -> bool:
    from PIL import Image

    with Image.open(io.BytesIO(page.screenshot())) as image:
        colors = image.convert("RGB").getcolors(1 << 24) or []
    return any(count > 5_000 and color == _RED for count, color in colors)


@pytest.mark.parametrize(
    ("media_type", "data", "path"),
    [
        ("application/pdf", _PDF, "page"),
        ("application/pdf", _PDF, "app/file"),
        ("text/html", _HTML, "page"),
        ("text/html", _HTML, "app/file"),
        ("image/svg+xml", _SVG, "page"),
        ("image/svg+xml", _SVG, "app/file"),
    ],
    ids=["pdf in a page", "pdf", "html in a page", "html", "svg in a page", "svg"],
)
def test_a_hostile_file_is_shown_and_does_nothing(
    local: ObjectStore, browser: Any, media_type: str, data: bytes, path: str
) -> None:
    file = saved(local, "file", data.replace(b"LEAK", b"/leak"))
    app = served(local, file, media_type=media_type, inline=True)
    leaked = with_page(app, "<iframe src='app/file' width='400' height='400' style='border: 0'></iframe>")
    with running(app) as url:
        page = browser.new_page(viewport={"width": 450, "height": 450})
        page.goto(f"{url.removesuffix('app')}{path}")
        eventually(lambda: has_red(page))
        page.wait_for_timeout(500)
        assert leaked == []
        assert page.title() != "taken"
        page.close()
