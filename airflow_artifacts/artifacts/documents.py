"""One file in the format that its name asks for: what the functions that log things write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.artifacts.value_codecs import Encoded, guess_media_type
from airflow_artifacts.artifacts.value_codecs.encoded import loaded, type_name
from airflow_artifacts.artifacts.value_codecs.figures import draw, plotly_facts, png_facts, write_plotly
from airflow_artifacts.artifacts.value_codecs.images import FORMATS, array_to_image, image_facts, write_image_file
from airflow_artifacts.artifacts.value_codecs.plain import check_text, dump_json, parse_json
from airflow_artifacts.artifacts.value_codecs.table_files import read_table_file, write_table_file
from airflow_artifacts.artifacts.value_codecs.texts import json_facts
from airflow_artifacts.artifacts.value_codecs.yaml_text import dump_yaml, parse_yaml
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError
from airflow_artifacts.storage.metadata import normalise

if TYPE_CHECKING:
    from pathlib import Path

_DRAWN = {".png": "png", ".svg": "svg", ".pdf": "pdf", ".jpg": "jpg", ".jpeg": "jpg"}
_TEXT_CODECS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".csv": "csv"}
_YAML = (".yaml", ".yml")


def write_text(text: str, path: Path) -> Encoded:
    """Write a text in UTF-8, each character kept; the name tells Markdown, HTML and CSV from other texts.

    Raises:
        ArtifactError: It is no text, or holds half of a character.
    """
    if not isinstance(text, str):
        raise ArtifactError(
            path.name, f"it is a {type_name(type(text))}, not a str. Use log_dict, or str() of it."
        )
    check_text(path.name, text)
    path.write_bytes(text.encode())
    codec = _TEXT_CODECS.get(path.suffix.lower(), "text")
    return Encoded(codec, codec, guess_media_type(path.name) or "text/plain", {"length": len(text)})


def write_dict(value: Any, path: Path) -> Encoded:
    """Write values as JSON or YAML, as the name says; dates, paths and NumPy's scalars become texts and numbers.

    Raises:
        ArtifactError: The name says neither, or JSON cannot hold a value.
    """
    suffix = path.suffix.lower()
    if suffix not in {".json", *_YAML}:
        raise ArtifactError(path.name, f"{path.name!r} names no format. End it with .json, .yaml or .yml.")
    plain = normalise(path.name, value)
    codec = "json" if suffix == ".json" else "yaml"
    path.write_bytes(dump_json(path.name, plain, indent=2) if codec == "json" else dump_yaml(path.name, plain))
    return Encoded(codec, codec, guess_media_type(path.name), json_facts(plain))


def write_figure(figure: Any, path: Path) -> Encoded:
    """Draw a figure: matplotlib's as .png, .svg, .pdf or .jpg; plotly's as .html or .json, or with kaleido drawn.

    Raises:
        ArtifactError: It is no figure, the name says no such format, or it cannot be drawn.
        MissingExtraError: Kaleido is needed, and not installed.
    """
    if isinstance(figure, loaded("matplotlib.figure", "Figure")):
        draw(path.name, figure, path, _format(path, _DRAWN, "a figure of matplotlib"))
        return _drawn(path, {})
    if isinstance(figure, loaded("plotly.basedatatypes", "BaseFigure")):
        return _write_plotly(figure, path)
    raise ArtifactError(path.name, f"a {type_name(type(figure))} is no figure of matplotlib or plotly. Give one.")


def write_image(image: Any, path: Path) -> Encoded:
    """Write an image of Pillow's, or an array: height x width, or that x 1, 3 or 4; uint8, or floats from 0 to 1.

    Raises:
        ArtifactError: It is no image, or the name says no format that takes it.
        MissingExtraError: Pillow is not installed.
    """
    format_name = _format(path, FORMATS, "an image")
    if isinstance(image, loaded("numpy", "ndarray")):
        image = array_to_image(path.name, image)
    if not isinstance(image, loaded("PIL.Image", "Image")):
        shown = type_name(type(image))
        raise ArtifactError(path.name, f"a {shown} is no image. Give one of Pillow's, or a NumPy array.")
    write_image_file(path.name, image, path, format_name)
    return Encoded("image", "image", guess_media_type(path.name), image_facts(image))


def write_table(data: Any, path: Path) -> Encoded:
    """Write a table as .parquet, .csv, .json (a list of rows) or .jsonl; only Parquet keeps the types of values.

    Args:
        data: A frame of pandas or polars, a table of pyarrow, a dictionary of columns, or a list of rows.
        path: The file to write.

    Raises:
        ArtifactError: It is no table, or the name says no format that holds it.
    """
    return write_table_file(path.name, data, path)


def read_text(path: Path) -> str:
    """Read a text in UTF-8.

    Raises:
        ArtifactLoadError: It is none.
    """
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ArtifactLoadError(
            path.name, f"it is no text in UTF-8 ({error}). Load or download its bytes."
        ) from error


def read_dict(path: Path) -> Any:
    """Read JSON or YAML, as the name says.

    Raises:
        ArtifactLoadError: It is neither.
    """
    suffix = path.suffix.lower()
    if suffix not in {".json", *_YAML}:
        raise ArtifactLoadError(
            path.name, "its name ends neither with .json nor with .yaml or .yml. Load its text."
        )
    try:
        data = path.read_bytes()
        return parse_json(data) if suffix == ".json" else parse_yaml(data)
    except (ValueError, RecursionError) as error:
        raise ArtifactLoadError(
            path.name, f"it is no valid {suffix[1:].upper()}: {error}. Load its text."
        ) from error


def read_table(path: Path, as_type: type | None = None) -> Any:
    """Read a table of any of the formats that ``write_table`` writes.

    Args:
        path: The file.
        as_type: ``pandas.DataFrame``, ``polars.DataFrame`` or ``pyarrow.Table``; by default pandas' where pandas
            is installed, else pyarrow's.

    Raises:
        ArtifactLoadError: It is no table, or not of that type.
    """
    try:
        table = read_table_file(path, as_type)
    except (ValueError, TypeError, LookupError, NotImplementedError, OSError) as error:
        raise ArtifactLoadError(path.name, f"it is no table: {error}. Load its text, or download it.") from error
    if as_type is not None and not isinstance(table, as_type):
        raise ArtifactLoadError(
            path.name, f"a table is not loaded as {as_type!r}. Leave as_type out, or convert it."
        )
    return table


def _format(path: Path, formats: dict[str, str], what: str) -> str:
    found = formats.get(path.suffix.lower())
    if found is None:
        raise ArtifactError(
            path.name, f"{path.name!r} names no format of {what}. End it with one of {', '.join(formats)}."
        )
    return found


def _drawn(path: Path, facts: dict[str, Any]) -> Encoded:
    """Say what a drawing is: an image where it is one of pixels, else a file."""
    suffix = path.suffix.lower()
    if suffix == ".png":
        facts = {**facts, **png_facts(path)}
    codec = "image" if suffix in FORMATS else "file"
    return Encoded(codec, "figure", guess_media_type(path.name), facts)


def _write_plotly(figure: Any, path: Path) -> Encoded:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return write_plotly(path.name, figure, path)
    if suffix in {".html", ".htm"}:
        # With the script in it, so that it can be looked at in ten years, and without a network.
        text = figure.to_html(include_plotlyjs=True, full_html=True, div_id="figure")
        path.write_bytes(text.encode())
        return Encoded("html", "figure", "text/html", plotly_facts(figure))
    format_name = _format(path, {".html": "html", ".json": "json", **_DRAWN}, "a figure of plotly")
    require("kaleido", extra="kaleido", purpose=f"Drawing a figure of plotly as {suffix}")
    try:
        path.write_bytes(figure.to_image(format=format_name))
    except (ValueError, RuntimeError) as error:
        raise ArtifactError(path.name, f"kaleido cannot draw the figure: {error}. Save it as .html.") from error
    return _drawn(path, plotly_facts(figure))
