"""What an image really shows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_COLOURS = """async image => {
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return new Set(pixels).size;
}"""


def has_white(shown: Locator) -> bool:
    """Say whether a good part of what is shown is white, as the paper of a PDF is and its viewer is not."""
    from PIL import Image

    with Image.open(io.BytesIO(shown.screenshot())) as image:
        colours = image.convert("RGB").getcolors(1 << 24) or []
        area = image.width * image.height
    return bool(sum(count for count, colour in colours if colour == (255, 255, 255)) > area / 20)


def count_colours(image: Locator) -> int:
    """Draw an image on a canvas, and count its colours: one, where it is empty."""
    return int(image.evaluate(_COLOURS))
