"""Images and figures come back: pixels exactly, plotly's figures with their arrays."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure

from airflow_artifacts.artifacts.value_codecs import decode, encode
from airflow_artifacts.exceptions import ArtifactLoadError
from tests.artifacts.value_codecs.contract import Case, CodecContract, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def noise(mode: str, width: int = 5, height: int = 3) -> PIL.Image.Image:
    size = len(PIL.Image.new(mode, (width, height)).tobytes())
    data = np.random.default_rng(1).integers(0, 256, size, np.uint8).tobytes()
    return PIL.Image.frombytes(mode, (width, height), data)


def saved(image: PIL.Image.Image, format_name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def opened(image: PIL.Image.Image, format_name: str, **options: Any) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(saved(image, format_name, **options)))


def noise_of(mode: str) -> Callable[[], PIL.Image.Image]:
    return lambda: noise(mode)


def blank_of(mode: str) -> Callable[[], PIL.Image.Image]:
    return lambda: PIL.Image.new(mode, (2, 2))


def with_palette() -> PIL.Image.Image:
    image = PIL.Image.frombytes("P", (2, 2), b"\0\1\2\3")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3])
    return image


def animated() -> PIL.Image.Image:
    return opened(noise("L"), "GIF", save_all=True, append_images=[noise("L").rotate(180)])


PNG = saved(noise("RGB"), "PNG")


class TestImage(CodecContract):
    codec = kind = "image"
    suffix, media_type = ".png", "image/png"
    cases = {
        "RGB": Case(lambda: noise("RGB"), {"width": 5, "height": 3, "mode": "RGB"}),
        **{mode: Case(noise_of(mode), {"mode": mode}) for mode in ("L", "LA", "RGBA", "I;16")},
        "1": Case(lambda: noise("L").convert("1")),
        "palette": Case(with_palette, {"mode": "P"}),
        "of a file": Case(lambda: opened(noise("RGB"), "JPEG"), {"mode": "RGB"}),
        "one pixel": Case(lambda: noise("L", 1, 1)),
    }
    refusals = {
        **{
            mode: Refusal(blank_of(mode), r"as PNG.*convert|mode.*Convert", late=True)
            for mode in ("CMYK", "F", "I", "HSV", "YCbCr", "PA", "I;16B")
        },
        "empty": Refusal(lambda: PIL.Image.new("RGB", (0, 3)), "empty", late=True),
        "several frames": Refusal(animated, "several frames"),
        "cut file": Refusal(
            lambda: PIL.Image.open(io.BytesIO(saved(noise("RGB", 50, 50), "JPEG")[:-900])), "truncated", late=True
        ),
    }
    damages = {
        "empty": b"",
        "text": b"no image",
        "cut": PNG[:-40],
        "torn": PNG[:60] + b"\xff" * 5 + PNG[65:],
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        "another format": saved(noise("RGB"), "PPM"),
        "vector": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    }
    as_types = [PIL.Image.Image]

    def is_same(self, found: Any, value: Any) -> bool:
        same = (found.mode, found.size) == (value.mode, value.size)
        return same and bool(found.convert("RGBA").tobytes() == value.convert("RGBA").tobytes())


def test_a_picture_of_a_phone_keeps_its_orientation(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    encode("n", opened(noise("RGB"), "JPEG", exif=exif), tmp_path)
    assert decode("image", tmp_path, name="n").getexif()[0x0112] == 6


def test_the_limit_of_pixels_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode("n", noise("L", 50, 50), tmp_path)
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ArtifactLoadError, match="2500 pixels"):
        decode("image", tmp_path, name="n")


def plot(label: str = "x") -> Figure:
    figure = Figure(figsize=(2, 1), dpi=50)
    axes = figure.add_subplot()
    axes.plot([1, 2, 3])
    axes.set_xlabel(label)
    return figure


class TestMatplotlib(CodecContract):
    codec, kind, suffix, media_type = "image", "figure", ".png", "image/png"
    cases = {"plot": Case(plot, {"width": 100, "height": 50}, lambda: None)}
    refusals = {"formula": Refusal(lambda: plot(r"$\nonsense$"), "cannot be drawn", late=True)}

    def is_same(self, found: Any, value: Any) -> bool:
        # What is drawn, and no empty page; it is not the figure that comes back.
        return (
            isinstance(found, PIL.Image.Image) and found.size == (100, 50) and len(found.getcolors() or [1, 2]) > 1
        )


def test_matplotlib_draws_without_pyplot(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from matplotlib.figure import Figure\n"
        "from airflow_artifacts.artifacts.value_codecs import encode\n"
        "figure = Figure()\nfigure.add_subplot().plot([1, 2])\ncanvas = figure.canvas\n"
        f"print(encode('n', figure, pathlib.Path({str(tmp_path)!r})).facts)\n"
        "assert figure.canvas is canvas\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answer.stdout.splitlines() == ["{'width': 640, 'height': 480}", "False"]


def chart() -> go.Figure:
    figure = go.Figure(go.Scatter(x=np.arange(3), y=[1.0, 2.0, None], name="é"))
    figure.add_heatmap(z=np.arange(4.0).reshape(2, 2))
    figure.update_layout(width=300, title="t")
    return figure


class TestPlotly(CodecContract):
    codec, kind, suffix, media_type = "plotly", "figure", ".json", "application/json"
    cases = {
        "chart": Case(chart, {"traces": ["scatter", "heatmap"], "width": 300}),
        "empty": Case(go.Figure, {"traces": []}),
        "frames": Case(lambda: go.Figure(go.Bar(y=[1]), frames=[go.Frame(data=[go.Bar(y=[2])])])),
        "one dimension": Case(lambda: go.Figure(go.Bar(y=np.array([1.5, 2.5], "f4")))),
    }
    damages = {
        "empty": b"",
        "cut": b'{"data": [',
        "list": b"[]",
        "other keys": b'{"data": [], "nonsense": 1}',
        "other trace": b'{"data": [{"type": "nonsense"}]}',
        "objects": b'{"data": [{"type": "bar", "y": {"dtype": "O", "bdata": "AAAAAAAAAAA="}}]}',
        "cut array": b'{"data": [{"type": "bar", "y": {"dtype": "f8", "bdata": "AAAA"}}]}',
        "shape": b'{"data": [{"type": "bar", "y": {"dtype": "i1", "bdata": "AAAA", "shape": "9, 9"}}]}',
    }
    refusals = {
        "object": Refusal(lambda: go.Figure(layout={"meta": object()}), "cannot be written as JSON", late=True)
    }
    as_types = [go.Figure]

    def is_same(self, found: Any, value: Any) -> bool:
        assert type(found) is type(value)
        return bool(json.loads(found.to_json()) == json.loads(value.to_json()))


def test_arrays_of_plotly_are_arrays_again(tmp_path: Path) -> None:
    encode("n", chart(), tmp_path)
    found = decode("plotly", tmp_path, name="n")
    assert list(found.data[0].x) == [0, 1, 2]
    assert found.data[1].z.tolist() == [[0.0, 1.0], [2.0, 3.0]]
