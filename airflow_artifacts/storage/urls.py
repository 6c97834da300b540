"""The URLs of roots: as local paths, and as texts that show no secret."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from airflow_artifacts.exceptions import UnsafeUrlError

_ACCOUNT = re.compile(r"\.(dfs|blob)\.core\.[a-z.]+\Z")  # of Azure, in any of its clouds
# Of these, a colon behind the host begins no port, but a secret, which may go on behind a slash.
_PORTLESS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"})


def local_path(url: str) -> Path:
    """Give the path of a ``file://`` or ``local://`` URL, or of a path that is given as one."""
    scheme, separator, rest = url.partition(":")
    if not separator or scheme not in {"file", "local"}:
        return Path(url).expanduser().absolute()
    path = rest.removeprefix("//")
    return Path(
        unquote(path.removeprefix("localhost") if path.startswith("localhost/") else path) or "/"
    ).absolute()


def connection_of(url: str) -> str | None:
    """Give the id of the connection in ``s3://conn_id@bucket/...``, None where there is none, or credentials."""
    return split_connection(url)[0]


def split_connection(url: str) -> tuple[str | None, str]:
    """Give the id of the connection in a URL, None where there is none, and the URL without it.

    What stands before the account in ``abfs://container@account.dfs.core.windows.net/...`` is the container.
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if _ACCOUNT.search(host):
        user, at, container = user.rpartition("@")
        host = f"{container}@{host}"
    if not at or ":" in user:
        return None, url
    return user, f"{scheme}{separator}{host}{slash}{path}"


def without_credentials(url: str) -> str:
    """Drop a password, a query and a fragment from a URL.

    A user name alone stays, because it is the id of a connection, but not where it may be a token (``https``).
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        user = authority.rpartition("@")[0]
        is_secret = ":" in user or scheme in {"http", "https"}
        rest = rest[len(user) + 1 :] if is_secret else rest
    elif re.search(r":(?!\d*$)", authority):  # a password with a slash in it, as those of AWS often have
        rest = rest.rpartition("@")[2]
    elif ":" in authority and scheme.rpartition(":")[2].lower() in _PORTLESS:
        rest = rest.rpartition("@")[2] if "@" in rest else rest[len(authority) :]
    return f"{scheme}://{re.split(r'[?#]', rest, maxsplit=1)[0]}"


def refuse_credentials(url: str) -> None:
    """Refuse the URL of a store that holds a password or a signature: it would be in logs and in other errors.

    A ``?`` alone stays, because it may be one of a pattern.

    Raises:
        UnsafeUrlError: It holds something of the kind.
    """
    shown = without_credentials(url)
    if re.split(r"[?#]", url, maxsplit=1)[0] != shown or re.search(r"[?#][^/?#]*(=|%3D)", url, re.IGNORECASE):
        raise UnsafeUrlError(
            shown, "credentials do not belong into a URL. Name a connection, as in s3://conn_id@bucket/path."
        )


def scrub(error: object) -> str:
    """Write an error without the secrets in the URLs that it quotes."""
    return re.sub(r"\b[\w+.-]+://[^\s'\"<>]+", lambda found: without_credentials(found[0]), str(error))
