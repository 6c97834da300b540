"""Which codec takes a value: builtin ones, those of other packages, files, folders and pickles."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import BaseModel

from airflow_artifacts.artifacts.value_codecs import Codec, check_encodable, decode, encode, guess_media_type
from airflow_artifacts.artifacts.value_codecs.entry_points import find_entry_points, load_codec
from airflow_artifacts.artifacts.value_codecs.registry import _BUILTIN
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError, MissingExtraError, UnsupportedTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCE = '''
from collections import OrderedDict
from pathlib import Path
from airflow_artifacts.artifacts.value_codecs import Encoded

class Greedy:
    """Wants everything that it knows."""
    name = "greedy"
    kind = "greed"
    def matches(self, value):
        return isinstance(value, (dict, complex)) or type(value).__name__ == "Owned"
    def encode(self, name, value, folder):
        if value == 13j:
            raise LookupError("no luck")
        if value == 14j:
            return Encoded(self.name, self.kind)
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text(repr(value))
        facts = {"path": Path("a"), "bad": float("nan")} if value == 15j else {"path": Path("a")}
        return Encoded("nobody" if value == 16j else self.name, self.kind, None, facts)
    def decode(self, folder, as_type):
        return complex((folder / "deep" / "file").read_text())

class Other(Greedy):
    name = "other"

instance = Greedy()
class Incomplete:
    name = "incomplete"
def broken():
    raise AssertionError
class Raising(Greedy):
    def __init__(self):
        raise OSError("no licence")
'''


class Owned(BaseModel):
    x: int = 1


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Installs a package with codecs, as an installer would."""

    def install(package: str = "some-codecs", **points: str) -> None:
        site = tmp_path / "site"
        module = package.replace("-", "_")
        (site / f"{module}-1.0.dist-info").mkdir(parents=True)
        (site / f"{module}.py").write_text(SOURCE)
        (site / f"{module}-1.0.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        lines = "".join(f"{name} = {module}:{attribute}\n" for name, attribute in points.items())
        (site / f"{module}-1.0.dist-info" / "entry_points.txt").write_text(f"[airflow_artifacts.codecs]\n{lines}")
        monkeypatch.syspath_prepend(site)
        find_entry_points.cache_clear()
        load_codec.cache_clear()

    yield install
    for module in [name for name in sys.modules if name.endswith("_codecs")]:
        del sys.modules[module]
    find_entry_points.cache_clear()
    load_codec.cache_clear()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("attribute", ["Greedy", "instance"])
def test_a_codec_of_a_package_takes_what_no_builtin_takes(
    install: Callable[..., None], files: Path, attribute: str
) -> None:
    with pytest.raises(UnsupportedTypeError, match=r"complex.*entry point group airflow_artifacts\.codecs"):
        encode("n", 1j, files)
    install(greedy=attribute)
    check_encodable("n", 1j)
    encoded = encode("n", 1j, files)
    assert (encoded.codec, encoded.kind, encoded.facts) == ("greedy", "greed", {"path": "a"})
    assert decode("greedy", files, name="n") == 1j
    with pytest.raises(ArtifactLoadError, match=r"'n' .* as a complex, not as a str"):
        decode("greedy", files, name="n", as_type=str)


def test_a_package_may_claim_a_subclass_and_no_builtin_type(install: Callable[..., None], files: Path) -> None:
    install(greedy="Greedy")
    assert encode("n", {"a": 1}, files).codec == "json"
    assert encode("n", Owned(), files).codec == "greedy"
    other = files / "other"
    other.mkdir()
    assert encode("n", OrderedDict(a=1), other).codec == "greedy"
    assert encode("n", OrderedDict(a=1), files, kind="json").codec == "json"
    third = files / "third"
    third.mkdir()
    assert encode("n", {"a": 1}, third, kind="greed").codec == "greedy", "unless its kind is asked for"


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (13j, "'greedy' cannot write it.*no luck"),
        (14j, "'greedy' wrote no file"),
        (15j, "facts.*nan"),
        (16j, "did not say what"),
    ],
)
def test_a_codec_that_fails_is_named(
    install: Callable[..., None], files: Path, value: complex, match: str
) -> None:
    install(greedy="Greedy")
    with pytest.raises(ArtifactError, match=match):
        encode("n", value, files)


def test_damage_of_a_package_is_an_error(install: Callable[..., None], files: Path) -> None:
    install(greedy="Greedy")
    with pytest.raises(ArtifactLoadError, match=r"'greedy' cannot read it.*FileNotFoundError"):
        decode("greedy", files, name="n")


@pytest.mark.parametrize(
    ("name", "attribute", "problem"),
    [
        ("greedy", "nothing", "AttributeError"),
        ("greedy", "Raising", "no licence"),
        ("greedy", "Other", "calls itself 'other'"),
        ("greedy", "broken", "lacks one of"),
        ("incomplete", "Incomplete", "lacks one of"),
        ("json", "Greedy", "is that of a codec of airflow-artifacts"),
        ("pickle", "Greedy", "is that of a codec of airflow-artifacts"),
    ],
)
def test_a_broken_entry_point_is_named(
    install: Callable[..., None], files: Path, name: str, attribute: str, problem: str
) -> None:
    install(**{name: attribute})
    named = rf"codec '{name}' \(some_codecs:{attribute}\) of the package some-codecs .*{problem}"
    with pytest.raises(ArtifactError, match=named):
        encode("n", 1j, files)
    if name in {"greedy", "incomplete"}:
        with pytest.raises(ArtifactLoadError, match=named):
            decode(name, files, name="n")
    encode("n", {"a": 1}, files)
    assert decode("json", files, name="n") == {"a": 1}, "what does not need it works"


def test_two_packages_with_one_name_are_refused(install: Callable[..., None], files: Path) -> None:
    install(greedy="Greedy")
    install("more-codecs", greedy="Greedy")
    with pytest.raises(ArtifactError, match="another package has a codec of that name"):
        encode("n", 1j, files)


def test_entry_points_are_looked_for_once_and_only_when_needed(
    install: Callable[..., None], files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import metadata

    calls = []
    found = metadata.entry_points

    def look(**options: Any) -> Any:
        calls.append(options)
        return found(**options)

    monkeypatch.setattr(metadata, "entry_points", look)
    install(greedy="Greedy")
    for value in ({"a": 1}, "a", b"a", np.zeros(1)):
        encode("n", value, files)
    assert calls == []
    for _ in range(3):
        check_encodable("n", 1j)
    assert len(calls) == 1


def test_an_unknown_codec_names_the_group_and_what_there_is(install: Callable[..., None], files: Path) -> None:
    install(greedy="Greedy")
    with pytest.raises(ArtifactLoadError, match=r"'n'.*'parquet2'.*group airflow_artifacts\.codecs.*json.*greedy"):
        decode("parquet2", files, name="n")


@pytest.mark.parametrize(
    "value",
    [object(), {1}, 1j, range(3), (item for item in [1]), print, int, threading.Lock(), Ellipsis, iter([])],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused_by_its_type(value: Any, files: Path) -> None:
    for refuse in (
        lambda: check_encodable("n", value),
        lambda: encode("n", value, files),
        lambda: encode("n", value, files, kind="pickle"),
    ):
        with pytest.raises(UnsupportedTypeError, match=rf"'n'.*type .*{type(value).__qualname__}"):
            refuse()
    assert list(files.iterdir()) == []


@dataclass
class Trap:
    path: Path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_pickles_need_leave_on_both_sides(files: Path) -> None:
    encoded = encode("n", {1, 2}, files, allow_pickle=True)
    assert (encoded.codec, encoded.kind, encoded.facts) == ("pickle", "pickle", {"type": "set"})
    assert [path.name for path in files.iterdir()] == ["n.pickle"]
    assert decode("pickle", files, name="n", allow_pickle=True) == {1, 2}
    with pytest.raises(ArtifactLoadError, match=r"'n'.*pickle.*allow_pickle"):
        decode("pickle", files, name="n")
    assert encode("n", {"a": 1}, files, kind="pickle", allow_pickle=True).codec == "pickle"
    assert encode("n", {"a": 1}, files, allow_pickle=True).codec == "json", "no more than needed"
    with pytest.raises(ArtifactError, match="cannot be pickled"):
        encode("n", threading.Lock(), files, allow_pickle=True)


def test_a_pickle_that_is_not_allowed_is_not_touched(files: Path, tmp_path: Path) -> None:
    (files / "n.pickle").write_bytes(pickle.dumps(Trap(tmp_path / "ran")))
    for codec in (
        "json",
        "text",
        "numpy",
        "pandas",
        "polars",
        "arrow",
        "image",
        "plotly",
        "yaml",
        "pickle",
        "table",
    ):
        with pytest.raises(ArtifactLoadError):
            decode(codec, files, name="n")
    assert not (tmp_path / "ran").exists()
    decode("pickle", files, name="n", allow_pickle=True)
    assert (tmp_path / "ran").exists(), "the trap works"


def test_a_damaged_pickle_is_an_error(files: Path) -> None:
    (files / "n.pickle").write_bytes(pickle.dumps([1, 2])[:-2])
    with pytest.raises(ArtifactLoadError, match="'pickle' cannot read it"):
        decode("pickle", files, name="n", allow_pickle=True)


def test_files_and_folders_are_paths(files: Path) -> None:
    (files / "data #1.bin").write_bytes(b"x")
    assert decode("file", files, name="n") == files / "data #1.bin"
    assert decode("folder", files, name="n", as_type=Path) == files
    with pytest.raises(ArtifactLoadError, match="not as a bytes"):
        decode("file", files, name="n", as_type=bytes)
    (files / "more").write_bytes(b"x")
    with pytest.raises(ArtifactLoadError, match="2 files"):
        decode("file", files, name="n")
    for kind in (None, "file", "folder"):
        with pytest.raises(ArtifactError, match="is a path"):
            check_encodable("n", files, kind=kind)
        with pytest.raises(ArtifactError, match="is a path"):
            encode("n", files, files, kind=kind)


def test_builtin_codecs_keep_the_protocol_and_their_names() -> None:
    assert all(isinstance(codec, Codec) for codec in _BUILTIN)
    # Stored with artifacts: a name that is gone leaves artifacts that nobody can load.
    assert {codec.name for codec in _BUILTIN} == {
        *(
            "arrow",
            "bytes",
            "csv",
            "dataclass",
            "file",
            "folder",
            "html",
            "image",
            "json",
            "markdown",
            "matplotlib",
        ),
        *("numpy", "pandas", "plotly", "polars", "pydantic", "table", "text", "yaml"),
    }


def test_saving_json_imports_no_library_of_other_values(tmp_path: Path) -> None:
    libraries = ["PIL", "matplotlib", "numpy", "pandas", "plotly", "polars", "pyarrow", "pydantic", "yaml"]
    script = (
        "import sys, pathlib\n"
        "from airflow_artifacts.artifacts.value_codecs import check_encodable, decode, encode\n"
        "from airflow_artifacts.exceptions import ArtifactError\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "encoded = encode('n', {'a': [1]}, folder)\n"
        "decode(encoded.codec, folder, name='n')\n"
        "try:\n    check_encodable('n', object())\n    raise AssertionError\n"
        "except ArtifactError:\n    pass\n"
        f"print([name for name in {libraries!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answer.stdout == "[]\n"


def test_a_missing_library_names_its_extra(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = {"polars": ["polars"], "numpy": ["numpy"], "image": ["PIL", "PIL.Image"]}
    libraries["plotly"] = ["plotly", "plotly.graph_objects"]
    (files / "n").write_bytes(b"{}")
    for codec, modules in libraries.items():
        with monkeypatch.context() as without:
            for module in modules:
                without.setitem(sys.modules, module, None)
            with pytest.raises(MissingExtraError, match=rf"'{modules[-1]}'.*airflow-artifacts\[\w+\]"):
                decode(codec, files, name="n")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.md", "text/markdown"),
        ("a.JSON", "application/json"),
        ("deep/a.parquet", "application/vnd.apache.parquet"),
        ("a.yml", "application/yaml"),
        ("a.png", "image/png"),
        ("a.py", "text/x-python"),
        ("a", None),
        (".hidden", None),
        ("a.no-such", None),
    ],
)
def test_media_types(name: str, media_type: str | None) -> None:
    assert guess_media_type(name) == media_type
