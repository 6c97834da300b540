"""An auth manager with rights for each DAG, which Airflow's simple one does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails

ONLY = "only:"


class AuthManagerWithDags(SimpleAuthManager):
    """A user whose name is ``only:<dag>`` may read that DAG alone, and list those that he may read."""

    def is_authorized_dag(self, *, details: DagDetails | None = None, user: Any, **kwargs: Any) -> bool:
        allowed = super().is_authorized_dag(details=details, user=user, **kwargs)
        if not user.username.startswith(ONLY) or details is None or details.id is None:
            return allowed
        return allowed and details.id == user.username.removeprefix(ONLY)
