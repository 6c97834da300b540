"""YAML that reads back as the JSON values that were written."""

from __future__ import annotations

from typing import Any

from airflow_artifacts.exceptions import ArtifactError


def dump_yaml(name: str, value: Any) -> bytes:
    """Write JSON values as YAML in UTF-8, keys in their order, nothing by reference.

    Raises:
        ArtifactError: It would read back as something else.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True  # a list that is used twice is written twice, as in JSON

    for kind, represent in (
        (dict, Dumper.represent_dict),
        (list, Dumper.represent_list),
        (tuple, Dumper.represent_list),
    ):
        Dumper.add_multi_representer(kind, represent)
    try:
        for as_it_is in (True, False):  # a few characters, which end lines, come back only if they are escaped
            text: str = yaml.dump(value, Dumper=Dumper, allow_unicode=as_it_is, sort_keys=False)
            if _same(parse_yaml(text.encode()), value):
                return text.encode()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ArtifactError(name, f"it cannot be written as YAML: {error}. Save it as JSON.") from error
    raise ArtifactError(name, "YAML would give it back changed. Save it as JSON.")


def parse_yaml(data: bytes) -> Any:
    """Read YAML in UTF-8, plain values only.

    Raises:
        ValueError: It is something else.
    """
    import yaml

    try:
        return yaml.safe_load(data.decode())
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _same(found: Any, value: Any) -> bool:
    """Compare, strict about the types of numbers: 1, 1.0 and True are different."""
    if isinstance(value, dict):
        return (
            isinstance(found, dict)
            and list(found) == list(value)
            and all(_same(found[key], item) for key, item in value.items())
        )
    if isinstance(value, list | tuple):
        return isinstance(found, list) and len(found) == len(value) and all(map(_same, found, value))
    return type(found) is type(value) and bool(found == value)
