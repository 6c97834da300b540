"""Arrow types as the ``features`` of a card's YAML, as ``datasets`` writes and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# Arrow's own names of the types differ from those of ``datasets`` here.
_NAMES = {"halffloat": "float16", "float": "float32", "double": "float64", "date32[day]": "date32"}


def features(schema: pa.Schema) -> list[dict[str, Any]]:
    """Describe the columns of a schema."""
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(type_: pa.DataType) -> dict[str, Any]:
    import pyarrow.types as arrow

    if arrow.is_struct(type_):
        return {"struct": [{"name": field.name, **_feature(field.type)} for field in type_]}
    if arrow.is_list(type_):
        element = _feature(type_.value_type)
        # A list of values or of structs is written without one level.
        return {"list": element.get("dtype") or element.get("struct") or element}
    return {"dtype": _NAMES.get(str(type_), str(type_))}
