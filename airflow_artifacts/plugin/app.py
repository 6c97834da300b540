"""The app below ``/airflow-artifacts`` of the API server: what is kept, for those who may see it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from airflow_artifacts.plugin.answers import add_error_handlers
from airflow_artifacts.plugin.routes import dags, lists, pages, versions
from airflow_artifacts.plugin.served import warm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


# Seconds that the server's start may be put off by. Ten thousand artifacts on a disk are read in less; for more,
# or from a store that answers slowly, whoever asks first waits for the rest.
_START = 3.0


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    await asyncio.to_thread(warm().join, _START)
    yield


def create_app() -> FastAPI:
    """Make the app, without the open pages on which FastAPI documents its routes."""
    app = FastAPI(title="Artifacts", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan)
    add_error_handlers(app)
    for module in (versions, dags, lists, pages):
        app.include_router(module.router)
    return app
