"""Finds what keeps people from using a page who cannot see or point, with axe."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.servers.processes import installed

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

SEVERE = frozenset({"serious", "critical"})


def _axe(folder: Path) -> Path | None:
    file = folder / "node_modules/axe-core/axe.min.js"
    return file if file.exists() else None


@cache
def read_axe() -> str:
    """Give the script, which npm fetches at first use."""
    command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "axe-core@4"]
    return installed("axe-core", _axe, command, allowed=True).read_text(encoding="utf-8")


def find_violations(page: Page, part: str = ".aa-root") -> list[str]:
    """List what is severe in a part of the page: the rule, and where it is broken."""
    page.evaluate(read_axe())
    found = page.evaluate("part => axe.run(part)", part)
    assert found["passes"], "axe looked at nothing"
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes']][:3]}"
        for each in found["violations"]
        if each["impact"] in SEVERE
    ]
