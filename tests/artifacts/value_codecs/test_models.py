"""Pydantic models and dataclasses come back into the class that the reader names."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import pydantic
import pytest
from pydantic import BaseModel, ConfigDict, Field, Json, RootModel, SecretStr, computed_field

from airflow_artifacts.artifacts.value_codecs import check_encodable, decode, encode
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError
from tests.artifacts.value_codecs.contract import NAME, Case, CodecContract, Refusal

T = TypeVar("T")


class Color(Enum):
    RED = "red"


class Base(BaseModel):
    x: int = 1


class Sub(Base):
    y: int = 2


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


class Everything(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    when: datetime = datetime(2020, 1, 1, 10, tzinfo=timezone.utc)
    amount: Decimal = Decimal("1.50")
    color: Color = Color.RED
    uuid: UUID = UUID(int=5)
    path: Path = Path("a/b")
    pairs: tuple[tuple[int, str], ...] = ((1, "a"),)
    members: frozenset[int] = frozenset({1, 2})
    by_number: dict[int, Base] = Field(default_factory=lambda: {1: Base(x=5)})
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] = Dog()
    missing: float | None = None
    renamed: int = Field(7, alias="other-name")
    text: Json[list[int]] = Field([1, 2], validate_default=False)
    hidden: SecretStr = Field(SecretStr("do not show"), exclude=True)

    @computed_field
    def twice(self) -> int:
        return self.renamed * 2


class Box(BaseModel, Generic[T]):
    content: T


class Open(BaseModel):
    model_config = ConfigDict(extra="allow", arbitrary_types_allowed=True)
    value: Any = None
    number: float | None = None
    base: Base = Base()


class Login(BaseModel):
    token: SecretStr = SecretStr("do not show")


class Shown(BaseModel):
    token: SecretStr = SecretStr("do not show")

    @pydantic.field_serializer("token")
    def show(self, token: SecretStr) -> str:
        return token.get_secret_value()


class Choosy(BaseModel):
    x: int = 1

    @pydantic.field_validator("x")
    @classmethod
    def check(cls, value: int) -> int:
        if value < 0:
            raise ValueError("x is negative")
        return value


class Shifting(BaseModel):
    x: int = 1

    @pydantic.field_serializer("x")
    def add(self, x: int) -> int:
        return x + 1


class Validated(BaseModel):
    x: int = 1

    @pydantic.model_validator(mode="after")
    def grow(self) -> Validated:
        self.x += 1
        return self


def in_itself() -> Open:
    value = Open()
    value.value = [value]
    return value


CLASS = f"{__name__}.Base"


class TestPydantic(CodecContract):
    codec, kind, suffix, media_type = "pydantic", "model", ".json", "application/json"
    cases = {
        "simple": Case(lambda: Base(x=5), {"class": CLASS}, lambda: {"x": 5}),
        "subclass": Case(Sub, back=lambda: {"x": 1, "y": 2}),
        "root": Case(lambda: RootModel[list[int]]([1]), back=lambda: [1]),
        "generic": Case(lambda: Box[Base](content=Base()), back=lambda: {"content": {"x": 1}}),
        "extra": Case(
            lambda: Open(more=[1]), back=lambda: {"value": None, "number": None, "base": {"x": 1}, "more": [1]}
        ),
    }
    refusals = {
        "secret": Refusal(Login, r"\$\.token is a secret.*exclude"),
        "secret that is shown": Refusal(Shown, r"\$\.token is a secret"),
        "secret deep inside": Refusal(
            lambda: Open(value=[{"a": (Login(),)}]), r"\$\.value\[0\]\['a'\]\[0\]\.token"
        ),
        "secret in what was added": Refusal(lambda: Open(more={SecretStr("do not show")}), r"\$\.more\[0\]"),
        "NaN": Refusal(lambda: Open(number=math.nan), "NaN", late=True),
        "infinity": Refusal(lambda: Box[float](content=math.inf), r"\$\.content: Input should be", late=True),
        "subclass in a field": Refusal(lambda: Open(base=Sub()), "subclass", late=True),
        "object": Refusal(lambda: Open(value=object()), "cannot be written", late=True),
        "bytes that are no text": Refusal(lambda: Box[bytes](content=b"\xff"), "cannot be written", late=True),
        "in itself": Refusal(in_itself, "cannot be written", late=True),
        "value that its class refuses": Refusal(
            lambda: Choosy.model_construct(x=-1), r"\$\.x: .*negative", late=True
        ),
        "changed when written": Refusal(Shifting, "changed", late=True),
        "changed when read": Refusal(Validated, "changed", late=True),
        "tuple as a plain value": Refusal(lambda: Open(value=(1, 2)), "changed", late=True),
    }
    damages = {"cut": b'{"x": 1', "empty": b""}
    as_types = [Base, dict]


@dataclass
class Point:
    x: int = 1
    label: str | None = None
    when: datetime = datetime(2020, 1, 1)
    nested: list[Base] = field(default_factory=lambda: [Base(x=3)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    pair: tuple[int, str] = (1, "a")
    path: Path = Path("a")


@dataclass
class Derived:
    x: int
    twice: int = field(init=False)

    def __post_init__(self) -> None:
        self.twice = self.x * 2


@pydantic.dataclasses.dataclass
class Checked:
    x: int = 1


@dataclass
class Odd:
    value: object = None
    thread: Any = None


@dataclass
class Strange:
    value: CodecContract | None = None


@dataclass
class Account:
    login: Any = None
    number: float | None = 1.0


class TestDataclass(CodecContract):
    codec, kind, suffix, media_type = "dataclass", "model", ".json", "application/json"
    cases = {
        "simple": Case(
            Point,
            {"class": f"{__name__}.Point"},
            lambda: {"x": 1, "label": None, "when": "2020-01-01T00:00:00", "nested": [{"x": 3}]},
        ),
        "frozen": Case(Frozen, back=lambda: {"pair": [1, "a"], "path": "a"}),
        "of pydantic": Case(Checked, back=lambda: {"x": 1}),
    }
    refusals = {
        "secret": Refusal(lambda: Account([Login()]), r"\$\.login\[0\]\.token is a secret"),
        "NaN": Refusal(lambda: Account(number=math.nan), "NaN", late=True),
        "object": Refusal(lambda: Odd(object()), "cannot be written", late=True),
        "type unknown to pydantic": Refusal(Strange, "cannot be written", late=True),
        "wrong value": Refusal(lambda: Point("a"), r"\$\.x", late=True),  # type: ignore[arg-type]
    }
    damages = {"cut": b'{"x": 1', "empty": b""}
    as_types = [Point, dict]


ROUND_TRIPS: list[Any] = [
    Base(x=5),
    Everything.model_validate({"other-name": 9, "text": "[3]", "hidden": "do not show"}, strict=False),
    Box[Base](content=Base(x=2)),
    RootModel[list[int]]([1, 2]),
    Open(more=[1]),
    Point(x=4),
    Frozen(),
    Checked(3),
]


@pytest.mark.parametrize("value", ROUND_TRIPS, ids=lambda value: type(value).__name__)
def test_comes_back_into_its_class(value: Any, tmp_path: Path) -> None:
    encoded = encode("n", value, tmp_path)
    found = decode(encoded.codec, tmp_path, name="n", as_type=type(value))
    if isinstance(value, Everything):
        assert value.hidden.get_secret_value() == "do not show"
        value.hidden = found.hidden
        assert b"do not show" not in next(tmp_path.iterdir()).read_bytes()
        assert "renamed" in json.loads(next(tmp_path.iterdir()).read_bytes())
    assert found == value
    assert type(found) is type(value)


def test_a_class_that_does_not_fit_says_where_and_not_what(tmp_path: Path) -> None:
    encode("n", Open(more="do not show"), tmp_path)
    for as_type in (Everything, Derived):
        with pytest.raises(ArtifactLoadError, match=r"Everything|Derived") as caught:
            decode("pydantic", tmp_path, name="n", as_type=as_type)
        assert "do not show" not in str(caught.value)
        assert "$.more" in str(caught.value) or "$.x" in str(caught.value)


def test_a_class_is_never_found_by_a_stored_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"__class__": "os.system", "class": "tests.Base"}')
    assert decode("pydantic", tmp_path, name="n") == {"__class__": "os.system", "class": "tests.Base"}


def test_a_class_itself_is_no_value(tmp_path: Path) -> None:
    for kind in (Base, Point):
        with pytest.raises(TypeError, match="no codec takes"):
            encode("n", kind, tmp_path)


def test_a_dataclass_that_computes_is_kept_or_refused(tmp_path: Path) -> None:
    try:
        encode("n", Derived(3), tmp_path)
    except ArtifactError:
        return
    assert decode("dataclass", tmp_path, name="n", as_type=Derived) == Derived(3)


def test_a_class_of_a_function_can_be_saved(tmp_path: Path) -> None:
    Local = dataclasses.make_dataclass("Local", [("x", int)])  # noqa: N806
    check_encodable(NAME, Local(1))
    encode(NAME, Local(1), tmp_path)
    assert decode("dataclass", tmp_path, name=NAME, as_type=Local) == Local(1)
