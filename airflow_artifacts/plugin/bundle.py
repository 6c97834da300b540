"""The built front end in ``www/``, whose files have a hash of their content in their names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "www"


@dataclass(frozen=True)
class Bundle:
    """The files, by their names.

    Attributes:
        plugin: What Airflow's UI loads.
        page: What the app's own page loads.
        sources: SHA-256 over what they are built of (``ui/build.mjs``).
    """

    plugin: str
    page: str
    sources: str


@cache
def get_bundle() -> Bundle:
    """Read which files there are."""
    return Bundle(**json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8")))
