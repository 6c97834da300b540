"""``kill -9`` at each request of a push: the old data set or the new one is there, after one commit in all."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.distiset.pushes import REPO, Pusher, contents, push, pusher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_artifacts.hub import HubLogin
    from airflow_artifacts.testing import FakeHub, Request


@dataclass
class _Killer:
    """Kills a push at one of its requests, and looks at the repository at each."""

    hub: FakeHub
    when: str = ""
    at: int = 0
    came: int = 0
    pusher: Pusher | None = None
    seen: list[dict[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hub.on_request("before", lambda request: self._look("before", request))
        self.hub.on_request("after", lambda request: self._look("after", request))

    def _look(self, when: str, _: Request) -> None:
        self.came += when == "before"
        self.seen.append(self.files())
        if self.pusher and (when, self.came) == (self.when, self.at):
            pusher, self.pusher = self.pusher, None
            pusher.kill()
            if when == "before":
                raise ConnectionError

    def files(self) -> dict[str, bytes]:
        try:
            return contents(self.hub)
        except KeyError:  # the repository is not created yet
            return {}

    def kill(self, pusher: Pusher, when: str, at: int) -> int:
        self.when, self.at, self.came, self.pusher = when, at, 0, pusher
        code = pusher.push(which="new", repo=REPO)
        self.pusher = None
        return code


def _reset(hub: FakeHub, files: dict[str, bytes]) -> int:
    """Begin with a repository that has some files, or without one; give the number of its commits."""
    hub._state.repositories.pop(REPO, None)
    if not files:
        return 1  # which the Hub makes when it is created
    hub.create_repo(REPO)
    hub.commit(REPO, dict(files))
    return 2


@pytest.fixture
def killing(hub: FakeHub, root: Path) -> Iterator[tuple[_Killer, Pusher]]:
    with pusher(hub, root, HF_HUB_DISABLE_XET="1") as pushes:
        yield _Killer(hub), pushes


@pytest.fixture
def killing_over_xet(hub: FakeHub, root: Path) -> Iterator[tuple[_Killer, Pusher]]:
    with pusher(hub, root) as pushes:
        yield _Killer(hub), pushes


def _run(killing: tuple[_Killer, Pusher], hub: FakeHub, old: dict[str, bytes], step: int) -> None:
    killer, pushes = killing
    _reset(hub, old)
    first = len(hub.requests)
    assert pushes.push(which="new", repo=REPO) == 0
    requests = hub.requests[first:]
    new = contents(hub)
    assert new.keys() != old.keys()
    assert len(requests) > 20
    [last] = [number for number, request in enumerate(requests, 1) if "/commit/" in request.path]
    moments = [(when, at) for at in range(1, len(requests) + 1) for when in ("before", "after")]
    chosen = {*moments[::step], ("before", last), ("after", last), ("after", last + 1)}
    for when, at in moments:
        if (when, at) not in chosen:
            continue
        commits = _reset(hub, old)
        killer.seen.clear()
        assert killer.kill(pushes, when, at) == -signal.SIGKILL, (when, at)
        is_made = at > last or (when, at) == ("after", last)
        assert killer.files() == (new if is_made else old), (when, at)
        assert pushes.push(which="new", repo=REPO) == 0
        assert contents(hub) == new
        assert len(hub.commits(REPO)) == commits + 1, (when, at)
        assert all(files in (old, new, {}) for files in killer.seen)


@pytest.fixture
def old(hub: FakeHub, root: Path, login: HubLogin) -> dict[str, bytes]:
    push(root, "old", REPO, login)
    return contents(hub)


def test_a_push_that_is_killed(killing: Any, hub: FakeHub, old: dict[str, bytes]) -> None:
    _run(killing, hub, old, step=12)


def test_a_first_push_that_is_killed(killing: Any, hub: FakeHub) -> None:
    _run(killing, hub, {}, step=12)


@pytest.mark.parametrize("step", [16, pytest.param(1, marks=pytest.mark.thorough)])
def test_a_push_over_xet_that_is_killed(
    killing_over_xet: Any, hub: FakeHub, old: dict[str, bytes], step: int
) -> None:
    """How many requests there are depends on what the Hub has: so it is killed at each that comes."""
    killer, pushes = killing_over_xet
    new: dict[str, bytes] = {}
    for at in range(1, 200, step):
        commits = _reset(hub, old)
        killer.seen.clear()
        code = killer.kill(pushes, ("before", "after")[at // step % 2], at)
        assert pushes.push(which="new", repo=REPO) == 0
        new = new or contents(hub)
        assert new != old
        assert contents(hub) == new
        assert len(hub.commits(REPO)) == commits + 1
        assert all(files in (old, new) for files in killer.seen)
        if code == 0:
            return
        assert code == -signal.SIGKILL
    pytest.fail("it was never through")


@pytest.mark.thorough
def test_a_push_that_is_killed_at_any_request(killing: Any, hub: FakeHub, old: dict[str, bytes]) -> None:
    _run(killing, hub, old, step=1)


@pytest.mark.thorough
def test_a_first_push_that_is_killed_at_any_request(killing: Any, hub: FakeHub) -> None:
    _run(killing, hub, {}, step=1)
