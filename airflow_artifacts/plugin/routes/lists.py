"""Routes for whoever is logged in: lists of what he may see."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

import airflow_artifacts.plugin.routes.names  # noqa: F401 - says what a name in a path is
from airflow_artifacts.artifacts.catalogue import Query as CatalogueQuery
from airflow_artifacts.artifacts.catalogue import parse_condition
from airflow_artifacts.plugin.airflow_internals import GetUserDep, get_user
from airflow_artifacts.plugin.answers import Answer
from airflow_artifacts.plugin.rights import reader
from airflow_artifacts.plugin.served import get_served
from airflow_artifacts.plugin.shown import shown_page

router = APIRouter(prefix="/api", dependencies=[Depends(get_user)])

Sort = Literal[
    "name", "-name", "version", "-version", "kind", "-kind", "size", "-size", "created_at", "-created_at"
]


class ListParameters(BaseModel):
    """What a list is asked for, in the query of its URL; ``q`` is a part of the name."""

    model_config = ConfigDict(extra="forbid")

    q: str = ""
    name: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    kind: str | None = None
    tag: list[str] = []
    metadata: list[str] = []
    created_after: str | None = None
    created_before: str | None = None
    latest: bool = False
    sort: Sort = "-created_at"
    limit: int = 50
    offset: int = 0

    def to_query(self) -> CatalogueQuery:
        """Give what the catalogue is asked.

        Raises:
            QueryError: A value makes no sense.
        """
        values = self.model_dump(exclude={"q", "tag", "metadata"})
        conditions = tuple(map(parse_condition, self.metadata))
        return CatalogueQuery(text=self.q, tags=tuple(self.tag), metadata=conditions, **values)


@router.get("/artifacts")
def find_artifacts(user: GetUserDep, wanted: Annotated[ListParameters, Query()]) -> Any:
    """List versions of artifacts, of all names."""
    return Answer(shown_page(get_served().catalogue.find(wanted.to_query(), reader(user))))


@router.get("/facets")
def get_facets(user: GetUserDep) -> Any:
    """Say what can be chosen from to filter lists."""
    facets = get_served().catalogue.facets(reader(user))
    return Answer({name: list(values) for name, values in vars(facets).items()})


@router.get("/artifacts/{name:artifact}/series")
def get_series(user: GetUserDep, name: str) -> Any:
    """Give the numeric metadata of an artifact over its versions."""
    found = get_served().catalogue.series(name, reader(user))
    versions = [{"version": number, "created_at": created_at} for number, created_at in found.versions]
    return Answer({"versions": versions, "series": found.series})
