"""The connection type ``huggingface``: a token for the Hugging Face Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from airflow_artifacts.exceptions import ArtifactsError, HubRefusedError
from airflow_artifacts.hub import HubLogin, environment_login, whoami

if TYPE_CHECKING:
    from airflow.sdk import Connection
    from huggingface_hub import HfApi

DEFAULT_CONNECTION = "huggingface_default"


class HuggingFaceHook(BaseHook):
    """Logs in to the Hugging Face Hub.

    The token is the connection's password; without one, that of ``HF_TOKEN``, else the one that ``hf auth login``
    keeps on the worker. A token of the worker is only sent to the worker's own Hub, not to one that a connection
    names.

    Args:
        hf_conn_id: The connection. The default one may be missing.
    """

    conn_name_attr = "hf_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    conn_type = "huggingface"
    hook_name = "Hugging Face"

    def __init__(self, hf_conn_id: str = DEFAULT_CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hf_conn_id = hf_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Say which fields the form of a connection has."""
        return {
            "hidden_fields": ["schema", "login", "port", "extra"],
            "relabeling": {"password": "Token", "host": "Endpoint"},
            "placeholders": {"password": "hf_...", "host": "https://huggingface.co"},
        }

    def get_login(self) -> HubLogin:
        """Give token and endpoint.

        Raises:
            HubRefusedError: There is no such connection.
            MissingExtraError: huggingface_hub is not installed.
        """
        connection = self._find_connection()
        endpoint = _endpoint(connection) if connection else None
        token = connection.password if connection else None
        if not token and endpoint is None:
            token = environment_login().token
        if token:
            mask_secret(token)
        return HubLogin(token or None, endpoint)

    def get_conn(self) -> HfApi:
        """Give the client.

        Raises:
            HubRefusedError: There is no such connection.
            MissingExtraError: huggingface_hub is not installed.
        """
        login = self.get_login()
        from huggingface_hub import HfApi

        return HfApi(endpoint=login.endpoint, token=login.token or False)

    def test_connection(self) -> tuple[bool, str]:
        """Ask the Hub whose token it is, for the form of the connection."""
        try:
            name, role = whoami(self.get_login())
        except ArtifactsError as error:
            return False, str(error)
        return True, f"The token is one of {name}, and may {role}."

    def _find_connection(self) -> Connection | None:
        try:
            return self.get_connection(self.hf_conn_id)
        except AirflowNotFoundException:
            if self.hf_conn_id == DEFAULT_CONNECTION:
                return None
            problem = f"there is no connection {self.hf_conn_id!r}. Create one of the type huggingface."
            raise HubRefusedError("log in to", "the Hugging Face Hub", problem) from None


def _endpoint(connection: Connection) -> str | None:
    """Give the URL of the Hub; its scheme and port may be in fields of their own.

    Raises:
        HubRefusedError: There are credentials in it.
    """
    host = (connection.host or "").rstrip("/")
    if "@" in host:
        problem = "the host of the connection holds credentials. The token is the password, and the host has none."
        raise HubRefusedError("log in to", "the Hugging Face Hub", problem)
    if not host or "://" in host:
        return host or None
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'https'}://{host}{port}"
