"""How URLs name artifacts: ``plots/lengths.png@3``. Names have slashes, but never an ``@``."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class _NameConvertor(Convertor[str]):
    """An artifact's name in the path of a URL. Whether it is one is checked where it is used."""

    regex = "[A-Za-z0-9._/-]{1,400}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _NumberConvertor(Convertor[int]):
    """Number of a version; Starlette's own numbers may have any number of digits."""

    regex = "[1-9][0-9]{0,8}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("artifact", _NameConvertor())
register_url_convertor("number", _NumberConvertor())

VERSION = "/artifacts/{name:artifact}@{version:number}"
"""Path of a version."""
