"""PostgreSQL and Redis of this machine, each run in a folder of its own for as long as it is used."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECONDS = 60
# PostgreSQL refuses to run as root.
AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def postgres_programs() -> Path | None:
    """Find the folder of PostgreSQL's programs, which Debian does not put on the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def running(command: list[str], ready: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a server until it is not needed any more.

    Args:
        command: Starts it.
        ready: Succeeds when it can be used.
        log: Where what it says is kept.
        environment: What both are given.
    """
    given = {"PATH": os.environ["PATH"], **environment}
    with log.open("wb") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, env=given, start_new_session=True)
        try:
            deadline = time.monotonic() + SECONDS
            while subprocess.run(ready, check=False, capture_output=True, env=given).returncode:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield
        finally:
            server.terminate()
            server.wait(SECONDS)


@contextmanager
def running_postgres(home: Path, port: int, given: Mapping[str, str]) -> Iterator[None]:
    """Run PostgreSQL with the user, password and database that an image would be given."""
    programs = postgres_programs()
    assert programs is not None
    folder, password = home / "postgres", home / "password"
    folder.mkdir()
    password.write_text(given["POSTGRES_PASSWORD"])
    if AS_POSTGRES:
        shutil.chown(folder, "postgres")
        shutil.chown(password, "postgres")
    make = ["--auth=scram-sha-256", f"--username={given['POSTGRES_USER']}", f"--pwfile={password}", "--no-sync"]
    done = subprocess.run(
        [*AS_POSTGRES, str(programs / "initdb"), f"--pgdata={folder}", *make],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    password.unlink()
    server = [
        *AS_POSTGRES,
        str(programs / "postgres"),
        *("-D", str(folder), "-k", str(folder), "-h", "127.0.0.1", "-p", str(port), "-c", "fsync=off"),
    ]
    user = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": given["POSTGRES_USER"]}
    user["PGPASSWORD"] = given["POSTGRES_PASSWORD"]
    with running(server, [str(programs / "pg_isready")], home / "postgres.log", user):
        create = [str(programs / "createdb"), given["POSTGRES_DB"]]
        if given["POSTGRES_DB"] != "postgres":
            subprocess.run(create, check=True, env={"PATH": os.environ["PATH"], **user})
        yield


def dump(port: int, given: Mapping[str, str]) -> bytes:
    """Give everything that is in the database, as text."""
    programs = postgres_programs()
    assert programs is not None
    user = {"PGUSER": given["POSTGRES_USER"], "PGPASSWORD": given["POSTGRES_PASSWORD"]}
    command = [str(programs / "pg_dump"), "--host=127.0.0.1", f"--port={port}", given["POSTGRES_DB"]]
    return subprocess.run(command, check=True, capture_output=True, env=user).stdout


@contextmanager
def running_redis(home: Path, port: int, password: str) -> Iterator[None]:
    """Run Redis with a password."""
    server = [
        "redis-server",
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(home), "--requirepass", password),
    ]
    ready = ["redis-cli", "-h", "127.0.0.1", "-p", str(port), "--raw", "exists", "nothing"]
    with running(
        server, ["sh", "-c", f"{' '.join(ready)} | grep -q 0"], home / "redis.log", {"REDISCLI_AUTH": password}
    ):
        yield
