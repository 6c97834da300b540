"""Artifacts of somebody who wants harm: each is shown at once, nothing in it runs, and nothing leaves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.ui.addresses import APP, file_route, plain_page
from tests.ui.dags.hostile import NAMES
from tests.ui.parts import PREVIEW_MILLISECONDS, open_artifact, root_of
from tests.ui.pixels import has_white

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.ui.browsing import Visitor

# A browser says so on its console where it keeps a page from doing something: that is what is wanted here.
REFUSALS = (
    "sandboxed",
    "Content Security Policy",
    "Content-Security-Policy",
    "blocked:csp",
    "CORP",
    "NotSameOrigin",
)
UNSAFE = "script, iframe, object, [onerror], [onclick], [onload], a[href^='javascript:'], a[href^='data:']"


@pytest.fixture
def visitor(admin: Visitor) -> Visitor:
    admin.expected.extend(REFUSALS)
    return admin


def open_hostile(visitor: Visitor, name: str, task_id: str) -> Locator:
    """Open an artifact from the list of its task; give all that the plugin shows."""
    root = root_of(visitor.go(plain_page("hostile", task_id)))
    open_artifact(root, f"hostile/{name}")
    return root


def check_unharmed(page: Page) -> None:
    page.wait_for_timeout(500)  # for what would happen later
    assert page.evaluate("() => window.owned") is None
    assert page.title() != "owned"


def test_html_is_shown_and_does_not_run(visitor: Visitor) -> None:
    root = open_hostile(visitor, "page.html", "pages")
    frame = root.locator("iframe").first
    expect(frame.content_frame.locator("h1")).to_have_text("Hostile page", timeout=PREVIEW_MILLISECONDS)
    sandbox = frame.get_attribute("sandbox")
    assert sandbox is not None
    assert "allow-" not in sandbox
    frame.content_frame.get_by_text("click").click()
    check_unharmed(visitor.page)


def test_svg_is_shown_and_does_not_run(visitor: Visitor) -> None:
    root = open_hostile(visitor, "drawing.svg", "pages")
    image = root.locator("img").first
    expect(image).to_be_visible(timeout=PREVIEW_MILLISECONDS)
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 200
    assert root.locator("svg rect[fill='#c33'], svg script").count() == 0
    check_unharmed(visitor.page)


@pytest.mark.parametrize("file", ["page.html", "drawing.svg"])
def test_a_file_that_is_opened_by_its_url_does_not_run(visitor: Visitor, file: str) -> None:
    page = visitor.go(file_route(f"hostile/{file}", 1, file, inline=True))
    check_unharmed(page)


def test_markdown_is_shown_without_what_could_run(visitor: Visitor) -> None:
    root = open_hostile(visitor, "text.md", "pages")
    heading = root.get_by_role("heading", name="Hostile Markdown")
    expect(heading).to_be_visible(timeout=PREVIEW_MILLISECONDS)
    expect(root.locator("strong", has_text="bold")).to_be_visible()
    assert root.locator(UNSAFE).count() == 0
    assert root.locator("img[src*='leak']").count() == 0
    link = root.get_by_role("link", name="an honest link")
    assert "noopener" in (link.get_attribute("rel") or "") or "noreferrer" in (link.get_attribute("rel") or "")
    check_unharmed(visitor.page)


def test_a_page_that_says_it_is_an_image_is_neither(visitor: Visitor) -> None:
    open_hostile(visitor, "typed.png", "pages")
    check_unharmed(visitor.page)


def test_names_of_files_are_only_text(visitor: Visitor) -> None:
    root = open_hostile(visitor, "names", "pages")
    for path, content in NAMES.items():
        *folders, file = path.split("/")
        for folder in folders:
            root.locator("summary").filter(has_text=folder).click()
        root.get_by_role("link", name=file, exact=True).click()
        expect(root.get_by_role("heading", name=f"Preview of {path}", exact=True)).to_be_visible()
        expect(root.get_by_text(content).first).to_be_visible(timeout=PREVIEW_MILLISECONDS)
    assert root.locator("b[onclick], img[src='x']").count() == 0
    check_unharmed(visitor.page)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wide.csv", "column 7"),
        ("huge.txt", "line 7"),
        ("array.npy", "<f4"),
        ("metadata.json", "<img src=x onerror=alert(1)>"),
    ],
)
def test_what_is_large_is_shown_at_once(visitor: Visitor, name: str, text: str) -> None:
    root = open_hostile(visitor, name, "large")
    expect(root.get_by_text(text).first).to_be_visible(timeout=PREVIEW_MILLISECONDS)
    assert_responsive(visitor.page)
    check_unharmed(visitor.page)


@pytest.mark.parametrize("name", ["deep.json", "objects.json"])
def test_deep_json_is_shown_at_once(visitor: Visitor, name: str) -> None:
    root = open_hostile(visitor, name, "large")
    expect(root.get_by_role("region", name="Content, JSON")).to_be_visible(timeout=PREVIEW_MILLISECONDS)
    root.get_by_role("button", name="Unfold all").click()
    assert_responsive(visitor.page)


def assert_responsive(page: Page) -> None:
    """Check that the page answers: its one thread is not busy."""
    begun = time.monotonic()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert time.monotonic() - begun < 0.5


def test_a_sound_can_be_played(visitor: Visitor) -> None:
    sound = open_hostile(visitor, "tone.wav", "large").locator("audio")
    expect(sound).to_be_visible(timeout=PREVIEW_MILLISECONDS)
    assert sound.evaluate(
        "async sound => { if (!sound.duration) await new Promise(done => sound.onloadedmetadata = done);"
        "return sound.duration }"
    ) == pytest.approx(1)


def test_a_pdf_is_shown(visitor: Visitor) -> None:
    with visitor.page.expect_response("**/small.pdf?inline=true") as waiting:
        root = open_hostile(visitor, "small.pdf", "large")
    assert waiting.value.status in {200, 206}
    shown = root.locator("iframe, embed, object").first
    expect(shown).to_be_visible(timeout=PREVIEW_MILLISECONDS)
    deadline = time.monotonic() + 20  # the browser's viewer starts
    while not has_white(shown) and time.monotonic() < deadline:
        visitor.page.wait_for_timeout(500)
    assert has_white(shown)


@pytest.mark.parametrize(
    "file",
    ["wide.csv", "deep.json", "objects.json", "huge.txt", "metadata.json", "array.npy", "small.pdf", "tone.wav"],
)
def test_previews_are_answered_within_two_seconds_and_are_small(admin: Visitor, file: str) -> None:
    begun = time.monotonic()
    answer = admin.context.request.get(
        f"{admin.url}/{APP}/api/artifacts/hostile/{file}@1/preview?file={file}", timeout=10_000
    )
    assert answer.ok, answer.text()
    assert time.monotonic() - begun < PREVIEW_MILLISECONDS / 1000
    assert len(answer.body()) < 2_000_000
