"""Which ledger in a repository is that of the work that runs."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from airflow_artifacts.exceptions import HubConflictError
from airflow_artifacts.steps.hub_ledger import FOLDER, Ledger, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_artifacts.hub import Head

    Read = Callable[[str], bytes]


def _new_writer() -> Writer:
    return Writer(secrets.token_hex(8), datetime.now(timezone.utc).isoformat(timespec="microseconds"))


class FoundLedger(NamedTuple):
    """A ledger, and the path that it has; the path is empty where there is none yet."""

    ledger: Ledger
    path: str


@dataclass
class Work:
    """A work, of which several processes may be tries.

    Where nobody can tell whether a script is run again, a run that was not finished is continued if it began with
    the same rows; otherwise the run is a new one.

    Attributes:
        step: Name of the step.
        key: What all tries have in common, empty in a script.
        writer: This process.
        run: Id of a script's run.
    """

    step: str
    key: str
    writer: Writer = field(default_factory=_new_writer)
    run: str = ""

    def __post_init__(self) -> None:
        self.run = self.run or self.writer.id
        digest = hashlib.sha256(f"{self.key}\n{self.step}".encode("utf-8", "surrogatepass")).hexdigest()
        self._prefix = f"{FOLDER}/{digest[:32]}"

    def path(self, *, final: bool) -> str:
        """Give the path that the ledger gets."""
        if self.key:
            return f"{self._prefix}.json"
        return f"{self._prefix}.{self.run}.{'done' if final else 'open'}.json"

    def find(self, head: Head, read: Read, url: str, begins: Mapping[str, str]) -> FoundLedger:
        """Find the ledger after a commit.

        Args:
            head: The commit.
            read: Reads a file of it.
            url: The repository, for messages.
            begins: SHA-256 of the first file of each configuration.

        Raises:
            HubConflictError: A process that began later writes it.
            DamagedObjectError: It cannot be read.
        """
        found = self._find(head, read, url, begins)
        writer = found.ledger.writer
        if writer.id != self.writer.id and writer.started > self.writer.started:
            problem = (
                "a later try of the same work has begun to write its checkpoints there, and this one must not "
                "change them. Stop one of both."
            )
            raise HubConflictError("checkpoint to", url, problem)
        return found

    def _find(self, head: Head, read: Read, url: str, begins: Mapping[str, str]) -> FoundLedger:
        for path in (self.path(final=False), self.path(final=True)):
            if path in head.files:
                return FoundLedger(Ledger.from_bytes(read(path), f"{url}/{path}"), path)
        if not self.key:
            for path in sorted(head.files):
                if path.startswith(f"{self._prefix}.") and path.endswith(".open.json"):
                    ledger = Ledger.from_bytes(read(path), f"{url}/{path}")
                    if {config: files[0].sha256 for config, files in ledger.configs.items() if files} == begins:
                        self.run = path.removeprefix(f"{self._prefix}.").partition(".")[0]
                        return FoundLedger(ledger, path)
        return FoundLedger(Ledger(self.writer), "")
