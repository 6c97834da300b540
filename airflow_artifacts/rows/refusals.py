"""Why a value is refused, and what to do instead."""

from __future__ import annotations

from typing import Any

_WAYS = {
    "pandas": "Convert it with .to_dict(), .to_list(), .to_pydatetime() or .to_pytimedelta().",
    "numpy": "Convert it with .tolist() or numpy.asarray().",
    "torch": "Convert it with .numpy().",
    "PIL": "Save it as an artifact, or keep its bytes.",
    "enum": "Use its .value.",
}


class Refused(Exception):  # noqa: N818 - never leaves the package of rows
    """A value that cannot be kept exactly; the text says why and what to do."""


def advice(value: Any) -> str:
    """Say what a value of a type that is not supported is, and how to convert it."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    if hasattr(value, "get_secret_value"):
        return f"it is a secret ({kind}), and rows are stored and published. Leave it out."
    if hasattr(value, "__dataclass_fields__"):
        return f"it is a {kind}. Convert it with dataclasses.asdict()."
    bases = {base.__module__.partition(".")[0] for base in type(value).__mro__}
    way = next((_WAYS[name] for name in _WAYS if name in bases), "Convert it to plain Python values, or to text.")
    return f"it is a {kind}. {way}"
