"""Who uses the fake, and what they may do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from airflow_artifacts.testing.answers import HubError

if TYPE_CHECKING:
    from collections.abc import Iterable

Role = Literal["read", "write"]


@dataclass(frozen=True)
class User:
    """A user, as one of their tokens shows them.

    Attributes:
        name: The name, and the namespace of their own.
        organizations: The namespaces of others in which they may write.
        role: What the token allows.
    """

    name: str
    organizations: tuple[str, ...]
    role: Role

    def belongs_to(self, namespace: str) -> bool:
        """Say whether a namespace is theirs or that of an organisation of theirs."""
        return namespace in {self.name, *self.organizations}

    def identity(self) -> dict[str, Any]:
        """Describe them as ``whoami`` does."""
        organizations = [
            {"type": "org", "id": f"org-{name}", "name": name, "fullname": name, "roleInOrg": "write"}
            for name in self.organizations
        ]
        token = {"type": "access_token", "accessToken": {"displayName": "fake", "role": self.role}}
        return {
            "type": "user",
            "id": f"user-{self.name}",
            "name": self.name,
            "fullname": self.name,
            "isPro": False,
            "orgs": organizations,
            "auth": token,
        }


class Accounts:
    """The tokens that are valid."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def add(self, name: str, organizations: Iterable[str], role: Role, token: str | None) -> str:
        """Give somebody a token, and return it."""
        token = token or f"hf_{secrets.token_hex(17)}"
        self._users[token] = User(name, tuple(organizations), role)
        return token

    def of_token(self, authorization: str | None) -> User | None:
        """Find whose token is in a header ``Authorization``; None if there is no such header.

        Raises:
            HubError: Nobody has the token.
        """
        if authorization is None:
            return None
        user = self._users.get(authorization.removeprefix("Bearer ").strip())
        if user is None:
            # The client takes this code for what it makes of a 401 of the real Hub, by its https address.
            raise HubError(401, "Invalid username or password.", "RepoNotFound")
        return user
