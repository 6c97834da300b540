"""What every codec has to do, as tests to inherit. A codec's test class gives values, near misses and damage.

The helpers read files with the standard library, never through the code under test.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from airflow_artifacts.artifacts.value_codecs import Encoded, check_encodable, decode, encode
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "results/thing"


@dataclass(frozen=True)
class Case:
    """A value, made anew for each test, and what is known of it once it is written."""

    make: Callable[[], Any]
    facts: dict[str, Any] = field(default_factory=dict)
    back: Callable[[], Any] | None = None  # what comes back, where it is not the same


@dataclass(frozen=True)
class Refusal:
    """A value that is refused, and a part of the message; ``late`` where that takes writing it."""

    make: Callable[[], Any]
    match: str
    late: bool = False


class CodecContract:
    codec: ClassVar[str]
    kind: ClassVar[str]
    suffix: ClassVar[str]
    media_type: ClassVar[str]
    given_kind: ClassVar[str | None] = None
    cases: ClassVar[dict[str, Case]]
    refusals: ClassVar[dict[str, Refusal]] = {}
    damages: ClassVar[dict[str, bytes]] = {}
    as_types: ClassVar[list[type]] = []

    def is_same(self, found: Any, value: Any) -> bool:
        """Compare, type included."""
        return type(found) is type(value) and bool(found == value)

    def write(self, value: Any, folder: Path, name: str = NAME) -> Encoded:
        folder.mkdir()
        return encode(name, value, folder, kind=self.given_kind)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for argument in ("case", "refusal", "damage", "as_type"):
            if argument in metafunc.fixturenames:
                given: Any = getattr(self, {"as_type": "as_types"}.get(argument, f"{argument}s"))
                given = given if isinstance(given, dict) else {kind.__name__: kind for kind in given}
                metafunc.parametrize(argument, given.values(), ids=given.keys())

    def test_comes_back(self, case: Case, tmp_path: Path) -> None:
        value = case.make()
        check_encodable(NAME, value, kind=self.given_kind)
        encoded = self.write(value, tmp_path / "files")
        assert (encoded.codec, encoded.kind, encoded.media_type) == (self.codec, self.kind, self.media_type)
        assert [path.name for path in (tmp_path / "files").iterdir()] == [f"thing{self.suffix}"]
        found = decode(encoded.codec, tmp_path / "files", name=NAME)
        assert self.is_same(found, (case.back or case.make)())
        assert self.is_same(value, case.make()) or case.back, "the value itself is left as it was"

    def test_facts_are_json(self, case: Case, tmp_path: Path) -> None:
        facts = dict(self.write(case.make(), tmp_path / "files").facts)
        assert facts.items() >= case.facts.items()
        assert json.loads(json.dumps(facts, allow_nan=False)) == facts

    def test_the_same_value_gives_the_same_bytes(self, case: Case, tmp_path: Path) -> None:
        for folder in ("first", "second"):
            self.write(case.make(), tmp_path / folder)
        first, second = (next((tmp_path / folder).iterdir()).read_bytes() for folder in ("first", "second"))
        assert first == second

    def test_is_there_after_its_folder_is_gone(self, case: Case, tmp_path: Path) -> None:
        encoded = self.write(case.make(), tmp_path / "files")
        found = decode(encoded.codec, tmp_path / "files", name=NAME)
        for path in (tmp_path / "files").iterdir():
            path.write_bytes(b"")
            path.unlink()
        assert self.is_same(found, (case.back or case.make)())

    def test_a_name_with_the_suffix_keeps_it(self, tmp_path: Path) -> None:
        case = next(iter(self.cases.values()))
        self.write(case.make(), tmp_path / "files", f"results/My.Data{self.suffix.upper()}")
        assert [path.name for path in (tmp_path / "files").iterdir()] == [f"My.Data{self.suffix.upper()}"]

    def test_is_refused(self, refusal: Refusal, tmp_path: Path) -> None:
        if not refusal.late:
            with pytest.raises(ArtifactError, match=refusal.match):
                check_encodable(NAME, refusal.make(), kind=self.given_kind)
        with pytest.raises(ArtifactError, match=refusal.match) as caught:
            self.write(refusal.make(), tmp_path / "files")
        assert caught.value.name == NAME
        assert "do not show" not in str(caught.value)

    def test_damage_is_an_error(self, damage: bytes, tmp_path: Path) -> None:
        (tmp_path / f"thing{self.suffix}").write_bytes(damage)
        with pytest.raises(ArtifactLoadError, match=r"results/thing.*cannot read it"):
            decode(self.codec, tmp_path, name=NAME)

    @pytest.mark.parametrize("files", [[], ["a", "b"], ["a", "deep/er/a"]])
    def test_other_files_are_an_error(self, files: list[str], tmp_path: Path) -> None:
        for file in files:
            (tmp_path / file).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / file).write_bytes(b"")
        with pytest.raises(ArtifactLoadError, match=f"{len(files)} files"):
            decode(self.codec, tmp_path, name=NAME)

    def test_another_type_is_an_error(self, tmp_path: Path) -> None:
        case = next(iter(self.cases.values()))
        encoded = self.write(case.make(), tmp_path / "files")
        for as_type in (complex, Path, list[int]):
            with pytest.raises(ArtifactLoadError, match=NAME):
                decode(encoded.codec, tmp_path / "files", name=NAME, as_type=as_type)

    def test_is_loaded_as_a_type(self, as_type: type, tmp_path: Path) -> None:
        case = next(iter(self.cases.values()))
        encoded = self.write(case.make(), tmp_path / "files")
        assert isinstance(decode(encoded.codec, tmp_path / "files", name=NAME, as_type=as_type), as_type)
