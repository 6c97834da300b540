"""The options of ``[airflow_artifacts]``, read in one place and frozen."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

SECTION = "airflow_artifacts"

# What Airflow's own options take.
_SWITCH = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}

_HOST = re.compile(r"(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?\Z")


@dataclass(frozen=True)
class Settings:
    """What a deployment can set.

    Attributes:
        root: URL below which everything is kept, without a trailing slash.
        part_bytes: Size, in bytes after compression, from which a part of rows is closed.
        allow_pickle: Whether values may be saved as pickles, and pickles loaded, which runs what is in them.
        transfer_bytes: Memory, in bytes, for the parts of large files that are on their way to or from the store.
        http_hosts: Hosts that are read from over HTTP, as patterns; ``*`` is every host with a public address.
        signed_downloads: Whether a download from the UI is redirected to the store, by a signed URL.
        served_sources: URLs of folders from which the API server reads the files of artifacts by reference.
    """

    root: str
    part_bytes: int = 8 * 1024 * 1024
    allow_pickle: bool = False
    transfer_bytes: int = 128 * 1024 * 1024
    http_hosts: tuple[str, ...] = ("*",)
    signed_downloads: bool = False
    served_sources: tuple[str, ...] = ()

    @classmethod
    def from_options(cls, option: Callable[[str], str | None]) -> Settings:
        """Make settings from a function that gives the text of an option, or None where it is not set.

        Raises:
            ConfigurationError: An option's text is not a valid value.
        """
        root = (option("root") or "").strip() or default_root()
        part_bytes = (option("part_bytes") or "").strip()
        allow_pickle = (option("allow_pickle") or "").strip()
        transfer_bytes = (option("transfer_bytes") or "").strip()
        http_hosts = option("http_hosts")
        signed_downloads = (option("signed_downloads") or "").strip()
        return cls(
            root=check_root(root),
            part_bytes=_size("part_bytes", part_bytes) if part_bytes else cls.part_bytes,
            allow_pickle=_switch("allow_pickle", allow_pickle) if allow_pickle else cls.allow_pickle,
            transfer_bytes=_size("transfer_bytes", transfer_bytes) if transfer_bytes else cls.transfer_bytes,
            http_hosts=cls.http_hosts if http_hosts is None else _hosts(http_hosts),
            signed_downloads=(
                _switch("signed_downloads", signed_downloads) if signed_downloads else cls.signed_downloads
            ),
            served_sources=_sources(option("served_sources") or ""),
        )

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the variables ``AIRFLOW__AIRFLOW_ARTIFACTS__<OPTION>``, for scripts that run without Airflow.

        Raises:
            ConfigurationError: An option's text is not a valid value.
        """
        return cls.from_options(lambda name: os.environ.get(f"AIRFLOW__{SECTION}__{name}".upper()))


def default_root() -> str:
    """Give the folder ``artifacts`` under the Airflow home, as Airflow finds its home."""
    home = os.environ.get("AIRFLOW_HOME") or "~/airflow"
    return (Path(home).expanduser().absolute() / "artifacts").as_uri()


def check_root(text: str) -> str:
    """Give a root without slashes at its end, if it can be one.

    A relative path would lead elsewhere in each process.

    Raises:
        ConfigurationError: It is no URL and no absolute path.
    """
    scheme, separator, path = text.rpartition("://")
    stripped = path.rstrip("/")
    if separator and scheme.lower() in {"http", "https"}:
        raise ConfigurationError(
            "root", "is a URL of a web server, which is only read from. Give a folder or an object store."
        )
    if separator and scheme not in {"file", "local"}:
        if not stripped and scheme != "memory":
            raise ConfigurationError("root", f"is {text!r}, but has to name a bucket or a host.")
        return f"{scheme}://{stripped}"
    if not path.startswith(("/", "~", "file:/", "local:/")):
        shown = "a text with '@' in it" if "@" in text else repr(text)  # which may end a password
        raise ConfigurationError("root", f"is {shown}, but has to be a URL or an absolute path.")
    return f"{scheme}{separator}{stripped or '/'}"


def _size(option: str, text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ConfigurationError(option, f"is {text!r}, but has to be a number of bytes greater than 0.")
    return int(text)


def _switch(option: str, text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ConfigurationError(option, f"is {text!r}, but has to be True or False.")
    return _SWITCH[text.lower()]


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host for part in text.split(",") if (host := part.strip().lower()))
    for host in hosts:
        if not _HOST.match(host):
            raise ConfigurationError(
                "http_hosts",
                f"names {host!r}, but takes names such as data.example.com, *.example.com, 10.0.0.7 or [::1], "
                "with :port or without, separated by commas.",
            )
    return hosts


def _sources(text: str) -> tuple[str, ...]:
    sources = tuple(source.rstrip("/") for part in text.split(",") if (source := part.strip()))
    for source in sources:
        scheme, separator, place = source.partition("://")
        if not separator or not place or (scheme in {"file", "local"} and not place.startswith("/")):
            shown = "a text with '@' in it" if "@" in source else repr(source)  # which may end a password
            raise ConfigurationError(
                "served_sources",
                f"names {shown}, but takes URLs of folders such as s3://my_conn@bucket/data or file:///data, "
                "separated by commas.",
            )
    return sources
