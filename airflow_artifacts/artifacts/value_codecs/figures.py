"""Figures: matplotlib's as a PNG, plotly's as its JSON."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded, loaded
from airflow_artifacts.artifacts.value_codecs.file_names import file_path, only_file
from airflow_artifacts.artifacts.value_codecs.plain import parse_json
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

# What would be different each time, and matplotlib's version. https://matplotlib.org/stable/api/backend_svg_api.html
_NO_DATES: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


class MatplotlibCodec(BuiltinCodec):
    """A figure of matplotlib, drawn; what comes back is an image."""

    name = "matplotlib"
    kind = "figure"

    def types(self) -> tuple[type, ...]:
        return loaded("matplotlib.figure", "Figure")

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        path = file_path(name, folder, ".png")
        draw(name, value, path, "png")
        return Encoded("image", self.kind, "image/png", png_facts(path))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        raise NotImplementedError  # what it writes is an image


class PlotlyCodec(BuiltinCodec):
    """A figure of plotly's, as the JSON that all of plotly's libraries read."""

    name = "plotly"
    kind = "figure"

    def types(self) -> tuple[type, ...]:
        return loaded("plotly.basedatatypes", "BaseFigure")

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        return write_plotly(name, value, file_path(name, folder, ".json"))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        del as_type
        objects = require("plotly.graph_objects", extra="plotly", purpose="Loading figures of plotly")
        content = parse_json(only_file(folder).read_bytes())
        if not isinstance(content, dict) or not content.keys() <= {"data", "layout", "frames"}:
            raise ValueError("it is not a figure of plotly")
        return objects.Figure(**_with_arrays(content))


def draw(name: str, figure: Any, path: Path, format_name: str) -> None:
    """Draw a figure of matplotlib: not with pyplot, whose windows and lists belong to the user.

    Raises:
        ArtifactError: It cannot be drawn; a formula in a label is wrong, say.
    """
    import matplotlib as mpl

    try:
        with mpl.rc_context({"svg.hashsalt": "airflow-artifacts"}):
            figure.savefig(path, format=format_name, metadata=_NO_DATES.get(format_name))
    except (ValueError, TypeError, RuntimeError) as error:
        raise ArtifactError(name, f"the figure cannot be drawn: {error}.") from error


def png_facts(path: Path) -> dict[str, Any]:
    """Tell the size of a PNG from its head, https://www.w3.org/TR/png/#11IHDR."""
    with path.open("rb") as file:
        width, height = struct.unpack(">16xII", file.read(24))
    return {"width": width, "height": height}


def write_plotly(name: str, figure: Any, path: Path) -> Encoded:
    """Write a figure of plotly as JSON.

    Raises:
        ArtifactError: It holds something that JSON does not.
    """
    try:
        text = figure.to_json(engine="json")
    except (ValueError, TypeError) as error:
        raise ArtifactError(name, f"the figure cannot be written as JSON: {error}.") from error
    parse_json(text)
    path.write_bytes(text.encode())
    return Encoded("plotly", "figure", "application/json", plotly_facts(figure))


def plotly_facts(figure: Any) -> dict[str, Any]:
    """Tell what a figure of plotly shows."""
    size = {key: figure.layout[key] for key in ("width", "height") if figure.layout[key] is not None}
    return {"traces": [trace.type for trace in figure.data], **size}


def _with_arrays(value: Any) -> Any:
    """Give plotly's JSON with the arrays that it wrote as base64, which its Python library does not read."""
    if isinstance(value, list):
        return [_with_arrays(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() <= {"dtype", "bdata", "shape"} and {"dtype", "bdata"} <= value.keys():
        numpy = require("numpy", extra="plotly", purpose="Loading figures of plotly")
        shape = [int(length) for length in str(value.get("shape", "-1")).split(",")]
        return numpy.frombuffer(base64.b64decode(value["bdata"]), numpy.dtype(f"<{value['dtype']}")).reshape(shape)
    return {key: _with_arrays(item) for key, item in value.items()}
