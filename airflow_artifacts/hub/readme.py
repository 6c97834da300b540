"""A README.md in its parts: YAML front matter, our fenced sections, and a person's text around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import ComposerError

from airflow_artifacts.exceptions import DistisetError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)(?:^)---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
# From begin to end of one section, but never across the begin of another: a person may have deleted an end.
_SECTION = re.compile(
    r"<!-- airflow-artifacts:begin (?P<name>[a-z_-]+) -->"
    r"(?:(?!<!-- airflow-artifacts:begin ).)*?"
    r"<!-- airflow-artifacts:end (?P=name) -->",
    re.DOTALL,
)


_TAG = "tag:yaml.org,2002:"
_DEEPEST = 50  # levels of lists and mappings; few thousands of them would overflow the stack


class _Loader(yaml.SafeLoader):
    """Takes for text what YAML 1.2, and so the Hub, does: ``no`` is Norwegian, and ``12:30:45`` is no number."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        problem = f"it has more than {_DEEPEST} levels" if self.depth > _DEEPEST else ""
        if isinstance(event, yaml.AliasEvent):
            # A few lines of them may stand for gigabytes, and they would be written out.
            problem = f"*{event.anchor} is an alias: write its value in its place"
        if problem:
            raise ComposerError(None, None, problem, event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


# What YAML 1.2 takes for numbers, but for leading zeros, which a person who wrote a postcode wants to keep.
_SCALARS = [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
]
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in {f"{_TAG}null", f"{_TAG}merge"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_constructors = {
    **yaml.SafeLoader.yaml_constructors,
    f"{_TAG}timestamp": yaml.SafeLoader.construct_yaml_str,
}


class _Dumper(yaml.SafeDumper):
    """Writes lists as ``datasets`` does, without anchors for what occurs twice.

    It quotes each text that YAML 1.1, as PyYAML reads it, or YAML 1.2 would take for something else.
    """

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


for _name, _pattern, _first in _SCALARS:
    for _each in (_Loader, _Dumper):
        _each.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), list(_first))


def section_names(text: str) -> set[str]:
    """Give the names of the sections in a text, of those that are complete."""
    return {found["name"] for found in _SECTION.finditer(text)}


@dataclass
class Readme:
    """The YAML and the text of a README.md."""

    yaml: dict[str, Any]
    body: str

    @classmethod
    def parse(cls, text: str) -> Readme:
        """Take a README.md apart.

        Raises:
            DistisetError: Its YAML cannot be read.
        """
        found = _FRONT.match(text)
        if not found:
            return cls({}, text)
        try:
            content = yaml.load(found[1], _Loader) or {}  # noqa: S506 - it is a SafeLoader
        except (yaml.YAMLError, ValueError, LookupError) as error:  # of tags that do not fit, as !!int x
            raise DistisetError(f"The YAML at the top of README.md cannot be read: {error}. {_REMEDY}") from error
        if not isinstance(content, dict):
            raise DistisetError(f"The YAML at the top of README.md is a {type(content).__name__}. {_REMEDY}")
        return cls(content, text[found.end() :])

    def replace_sections(self, rendered: str, drop: Collection[str] = ()) -> None:
        """Put newly rendered sections where the old ones are, and those that are new at the end.

        Args:
            rendered: The sections.
            drop: Names of sections that go where they are not rendered any more.
        """
        new = {found["name"]: found[0] for found in _SECTION.finditer(rendered)}
        placed: set[str] = set()

        def replace(found: re.Match[str]) -> str:
            name = found["name"]
            if name not in new:
                return "" if name in drop else found[0]
            section = "" if name in placed else new[name]
            placed.add(name)
            return section

        before = None
        while before != self.body:  # a section that goes may have been within another one
            placed.clear()
            before, self.body = self.body, _SECTION.sub(replace, self.body)
        missing = [section for name, section in new.items() if name not in placed]
        if missing:
            before = self.body.rstrip()
            self.body = "\n\n".join([*([before] if before else []), *missing]) + "\n"

    def render(self) -> str:
        """Put the parts together."""
        front = yaml.dump(self.yaml, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
        separator = "" if self.body.startswith(("\n", "\r\n")) else "\n"
        return f"---\n{front}---\n{separator}{self.body}"


_REMEDY = "Correct it, so that nothing that a person wrote in it is lost; nothing was saved."


def decode_readme(data: bytes, url: str) -> str:
    """Give the text of a repository's README.md.

    Args:
        data: Its bytes.
        url: The repository, for the message.

    Raises:
        DistisetError: It is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DistisetError(f"README.md of {url} is not UTF-8 ({error}). Save it as UTF-8.") from error


def merge_entries(existing: Any, ours: list[dict[str, Any]], names: Collection[str]) -> list[dict[str, Any]]:
    """Add a person's configurations to ours.

    Args:
        existing: What is there: a list of entries, or one entry for "default".
        ours: Our entries.
        names: The configurations that are ours, now or formerly.
    """
    entries = existing if isinstance(existing, list) else [existing]
    kept = [
        entry
        for entry in entries
        if isinstance(entry, dict) and entry and str(entry.get("config_name", "default")) not in names
    ]
    return [*ours, *({"config_name": "default", **entry} for entry in kept)]


def merge_tags(existing: Any, ours: Sequence[str]) -> list[str]:
    """Add our tags to a person's."""
    tags = existing if isinstance(existing, list) else [existing] if existing else []
    return [*tags, *(tag for tag in ours if tag not in tags)]


def config_files(yaml: Mapping[str, Any], paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give the files of each configuration in a card's YAML.

    Args:
        yaml: The YAML.
        paths: The files that are there.

    Yields:
        Name of the configuration, and path.
    """
    there = sorted(paths)
    for config, patterns in config_patterns(yaml):
        for path in there:
            if any(fnmatch(path, pattern) for pattern in patterns):
                yield config, path


def config_patterns(yaml: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Give the name of each configuration in a card's YAML, and the patterns of its files."""
    for entry in merge_entries(yaml.get("configs"), [], []):
        yield str(entry["config_name"]), list(_patterns(entry.get("data_files")))


def _patterns(files: Any) -> Iterator[str]:
    """List the patterns in what a card says of files: one, or several, by split or not."""
    if isinstance(files, str):
        yield files
    elif isinstance(files, dict):
        yield from _patterns(files.get("path") or list(files.values()))
    elif isinstance(files, list):
        for each in files:
            yield from _patterns(each)
