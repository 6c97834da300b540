"""Who is asking: the token and the endpoint for requests to the Hub.

The core knows nothing of connections. Task code says where logins come from, for the time that a task runs;
without that, they are those of the environment.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import HubRefusedError
from airflow_artifacts.hub.errors import hub_errors

if TYPE_CHECKING:
    from collections.abc import Callable


NOBODY = (
    "there is no token. Create a connection of the type huggingface with a token as its password, or set "
    "HF_TOKEN, or log in with: hf auth login."
)


@dataclass(frozen=True)
class HubLogin:
    """A token, and the Hub that it is for.

    Attributes:
        token: The token, None to ask as nobody. It is not shown.
        endpoint: URL of the Hub, None for the one that ``HF_ENDPOINT`` names, else the public one.
    """

    token: str | None = field(default=None, repr=False)
    endpoint: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "token", (self.token or "").strip() or None)
        object.__setattr__(self, "endpoint", (self.endpoint or "").strip().rstrip("/") or None)


def environment_login() -> HubLogin:
    """Give the token of ``HF_TOKEN``, else the one that ``hf auth login`` keeps on this machine, else none.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
    """
    return HubLogin(require("huggingface_hub", extra="hub", purpose="The Hugging Face Hub").get_token())


def whoami(login: HubLogin) -> tuple[str, str]:
    """Ask the Hub whose token it is.

    Returns:
        The user's name, and what the token may do: "read", "write" or "fineGrained".

    Raises:
        HubRefusedError: There is no token, or it is not one of the Hub's.
        HubError: The Hub, or the way to it, failed.
    """
    client = require("huggingface_hub", extra="hub", purpose="The Hugging Face Hub")
    api = client.HfApi(endpoint=login.endpoint, token=login.token or False)
    if login.token is None:
        raise HubRefusedError("log in to", api.endpoint, NOBODY)
    with hub_errors("log in to", api.endpoint, login.token):
        found = api.whoami()
    token = found.get("auth", {}).get("accessToken", {})
    return str(found["name"]), str(token.get("role", "read"))


#: Gives the login where a step or a caller names none.
login_finder: ContextVar[Callable[[], HubLogin]] = ContextVar("login_finder", default=environment_login)


def find_login(token: str | None = None) -> HubLogin:
    """Give the login of the task that runs, else of the environment; a token that is given is before its token."""
    found = login_finder.get()()
    return HubLogin(token, found.endpoint) if token else found
