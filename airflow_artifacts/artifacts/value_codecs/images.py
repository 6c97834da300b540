"""Images: Pillow's as PNG, and any raster file read back as Pillow's."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded, loaded
from airflow_artifacts.artifacts.value_codecs.file_names import file_path, only_file
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
"""What is written and read. Pillow's other readers are for odd files, and one of them starts Ghostscript."""


class ImageCodec(BuiltinCodec):
    """An image of Pillow's: size, mode and each pixel."""

    name = kind = "image"

    def types(self) -> tuple[type, ...]:
        return loaded("PIL.Image", "Image")

    def check(self, name: str, value: Any) -> None:
        if getattr(value, "n_frames", 1) > 1:
            raise ArtifactError(
                name, "the image has several frames, and PNG holds one. Save its file as a pathlib.Path."
            )

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        self.check(name, value)
        path = file_path(name, folder, ".png")
        write_image_file(name, value, path, "PNG")
        if not _is_same(open_image(path), value):
            raise ArtifactError(
                name, f"PNG does not give back an image of the mode {value.mode}. Convert it, with "
                ".convert('RGB') say, or save a NumPy array of it.",
            )  # fmt: skip
        return Encoded(self.name, self.kind, "image/png", image_facts(value))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        del as_type
        return open_image(only_file(folder))


def image_facts(image: Image) -> dict[str, Any]:
    """Tell width and height in pixels, and Pillow's name for what a pixel is."""
    return {"width": image.width, "height": image.height, "mode": image.mode}


def write_image_file(name: str, image: Image, path: Path, format_name: str) -> None:
    """Write an image in a format.

    Raises:
        ArtifactError: The format does not take the image, or its file cannot be read.
    """
    try:
        image.load()  # from its file, if that was put off
        exif = image.info.get("exif")
        image.save(path, format_name, **({"exif": exif} if exif and format_name == "PNG" else {}))
    except (OSError, ValueError, KeyError) as error:
        if getattr(error, "errno", None) is not None:  # the disk is full, say
            raise
        raise ArtifactError(
            name, f"the image cannot be written as {format_name}: {error}. Convert it, with .convert('RGB') say."
        ) from error


def open_image(path: Path) -> Image:
    """Read a raster image whole; ``PIL.Image.MAX_IMAGE_PIXELS`` holds.

    Raises:
        MissingExtraError: Pillow is not installed.
        ValueError: It is no such image, or it is too large.
    """
    pillow = require("PIL.Image", extra="image", purpose="Loading images")
    try:
        with pillow.open(path, formats=tuple(dict.fromkeys(FORMATS.values()))) as image:
            image.load()
            copy: Image = image.copy()  # a plain image, not one of a file
            return copy
    except (OSError, SyntaxError, pillow.DecompressionBombError) as error:
        raise ValueError(str(error)) from error


def array_to_image(name: str, array: Any) -> Image:
    """Give an array of pixels as an image.

    Args:
        name: The artifact's name, for messages.
        array: Height x width, or that x 1, 3 or 4; uint8, or floats from 0 to 1.

    Raises:
        ArtifactError: It is of another shape or type, or a number is out of range.
        MissingExtraError: Pillow is not installed.
    """
    import numpy as np

    pillow = require("PIL.Image", extra="image", purpose="Writing images")
    pixels = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array  # noqa: PLR2004 - of height, width, depth
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in {3, 4}):  # noqa: PLR2004
        raise ArtifactError(
            name,
            f"an array of the shape {array.shape} is no image. Shape it (height, width), or that with 1, 3 or 4.",
        )
    if pixels.dtype.kind == "f":
        if not ((pixels >= 0) & (pixels <= 1)).all():  # not a number is neither
            raise ArtifactError(
                name, "the array holds numbers outside 0 to 1. Scale it, or give uint8 of 0 to 255."
            )
        pixels = np.rint(pixels.astype(np.float64) * 255).astype(np.uint8)
    if pixels.dtype != np.uint8:
        raise ArtifactError(
            name, f"an array of {array.dtype} is no image. Convert it to uint8 of 0 to 255, or floats of 0 to 1."
        )
    image: Image = pillow.fromarray(np.ascontiguousarray(pixels))
    return image


def _is_same(found: Image, image: Image) -> bool:
    if (found.mode, found.size) != (image.mode, image.size):
        return False
    if image.mode == "P":  # the palette's unused colours are not kept
        found, image = found.convert("RGBA"), image.convert("RGBA")
    return found.tobytes() == image.tobytes()
