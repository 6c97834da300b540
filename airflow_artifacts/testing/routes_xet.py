"""Routes: uploading large files over xet, as in https://huggingface.co/docs/xet/api.

Clients that know xet upload no other way, and are not asked: what they upload is put together here. They are not
told that a file came over xet, so that they download it as any other.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from airflow_artifacts.testing.answers import Answer, HubError, json_answer
from airflow_artifacts.testing.routing import Router

if TYPE_CHECKING:
    from airflow_artifacts.testing.exchanges import Exchange
    from airflow_artifacts.testing.repositories import Repository

router = Router()
_TOKEN_SECONDS = 3600


@router.on("GET", "/api/datasets/{repo}/xet-write-token/{revision}")
def write_token(exchange: Exchange, repo: str, revision: str) -> Answer:
    """Say where to upload to; the token is the user's own."""
    if revision != "None":  # what clients say that open a pull request
        exchange.readable(repo).find(revision)
    _target(exchange, repo)
    return json_answer(
        {
            "casUrl": f"{exchange.state.endpoint}/xet/{exchange.state.name}/{repo}",
            "accessToken": exchange.headers["Authorization"].removeprefix("Bearer "),
            "exp": int(time.time()) + _TOKEN_SECONDS,
        }
    )


@router.on("POST", "/xet/{hub}/{repo}/v1/xorbs/{prefix}/{name}")
def add_xorb(exchange: Exchange, repo: str, name: str, **_: str) -> Answer:
    """Receive chunks."""
    _target(exchange, repo)
    return json_answer({"was_inserted": exchange.state.xet.add_xorb(name, exchange.body)})


@router.on("POST", "/xet/{hub}/{repo}/v1/shards")
def add_shard(exchange: Exchange, repo: str, **_: str) -> Answer:
    """Learn what files the chunks make."""
    repository = _target(exchange, repo)
    for blob in exchange.state.xet.add_shard(b"".join(exchange.body)):
        repository.objects[blob.sha256] = blob.size
    return json_answer({"result": 1})


@router.on("GET", "/xet/{hub}/{repo}/v1/chunks/{prefix}/{name}")
def find_chunk(exchange: Exchange, repo: str, name: str, **_: str) -> Answer:
    """Tell a client which chunks there are beside one that it has."""
    _target(exchange, repo)
    shard = exchange.state.xet.shard_of(name)
    if shard is None:
        raise HubError(404, "The chunk is not known")
    return Answer(200, {"Content-Type": "application/octet-stream"}, shard)


@router.on("POST", "/v1/telemetry")
def telemetry(_: Exchange) -> Answer:
    """Take what clients tell of themselves, and forget it."""
    return json_answer({})


def _target(exchange: Exchange, repo: str) -> Repository:
    """Find where contents may be uploaded to: they harm nobody before a commit names them."""
    repository = exchange.readable(repo)
    exchange.writer()
    return repository
