"""Services of docker-compose.yml as processes: the same commands, the same environment, other addresses."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]

from tests.deployment.compose import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 30
AIRFLOW_HOME = "/opt/airflow"  # of the image


class Container:
    """A service that runs as if it were alone on its machine, but for the folders that it shares.

    Args:
        name: What it is called; it is the host name as well.
        service: What the file says of it, filled in.
        home: Folder for what all containers keep.
        environment: What it is given beside what the file says.
        arguments: What is added to its command.
    """

    def __init__(
        self, name: str, service: Mapping[str, Any], home: Path, environment: Mapping[str, str], *arguments: str
    ) -> None:
        self.name = name
        self.log = home / f"{name}.log"
        self._service = service
        self._command = [*service["command"], *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        folder = home / name
        (folder / "tmp").mkdir(parents=True)
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # of `airflow` and `celery`
            "PYTHONPATH": str(PROJECT),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "HOSTNAME": name,
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "tests.cluster.hostname.get_hostname",
            **service["environment"],
            **environment,
        }
        for mount in service["volumes"]:
            self._mount(home / "volumes", mount)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self.environment,
                cwd=self.environment["HOME"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, seconds: float) -> int:
        """Wait until it ends by itself; give its exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def check_health(self) -> subprocess.CompletedProcess[str]:
        """Run what the file gives as the health check."""
        kind, *words = self._service["healthcheck"]["test"]
        command = words if kind == "CMD" else ["sh", "-c", *words]
        return subprocess.run(
            command, check=False, env=self.environment, capture_output=True, text=True, timeout=60
        )

    def kill(self) -> None:
        """End it as a machine without power ends: everything at once, with no time to tidy up."""
        processes = self._processes()
        for process in processes:  # so that none sees another one's end
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, SECONDS)
        self.wait(SECONDS)

    def stop(self) -> None:
        """Ask it to end, and end what does not."""
        processes = self._processes()
        if self._process is None or not processes:
            return
        os.killpg(self._process.pid, signal.SIGTERM)
        _, left = psutil.wait_procs(processes, SECONDS)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.wait(SECONDS)

    def _processes(self) -> list[psutil.Process]:
        if not self.is_running():
            return []
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def _mount(self, volumes: Path, mount: str) -> None:
        source, target, *_ = mount.split(":")
        place = Path(self.environment["HOME"]) / Path(target).relative_to(AIRFLOW_HOME)
        if source.startswith("."):
            shutil.copytree(PROJECT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (volumes / source).mkdir(parents=True, exist_ok=True)
            place.symlink_to(volumes / source)
