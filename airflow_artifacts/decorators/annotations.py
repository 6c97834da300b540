"""Annotations of functions, evaluated where the functions stand."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import sys
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef

from airflow_artifacts.artifacts import ArtifactConfig, ArtifactVersion
from airflow_artifacts.exceptions import StepDefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_OURS = {"Annotated": Annotated, "ArtifactConfig": ArtifactConfig, "ArtifactVersion": ArtifactVersion}


def find_names(function: Callable[..., Any]) -> dict[str, Any]:
    """Give the names that annotations of a function can use, with what they mean at this moment.

    They are those of its module and its closure, and the local ones of the functions that it is written in, as far
    as these are running: ``from __future__ import annotations`` turns annotations into texts, and a name that only
    such a text uses is in no closure. What annotations of outputs are made of is known even where it is imported
    for type checkers only.
    """
    function = inspect.unwrap(function)
    names: dict[str, Any] = dict(_OURS)
    if isinstance(function, FunctionType):
        names |= function.__globals__
        for scope in reversed(list(_scopes_around(function))):
            names |= scope
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # the function around it has given it no value yet
                names[name] = cell.cell_contents
    return names


def evaluate(function: Callable[..., Any], annotation: Any, names: dict[str, Any]) -> Any:
    """Evaluate an annotation, if it is a text; the type inside ``Annotated`` may be one that is not imported.

    Args:
        function: Whose annotation it is, for the message.
        annotation: The annotation.
        names: What ``find_names`` gave.

    Raises:
        StepDefinitionError: It cannot be evaluated.
    """
    found = annotation
    try:
        for _ in range(2):  # a text in quotes is a text in a text with `from __future__ import annotations`
            found = _evaluated(found, names)
    except Exception as error:
        text = getattr(annotation, "__forward_arg__", annotation)
        raise StepDefinitionError(
            function.__qualname__,
            f"its annotation {text!r} cannot be evaluated when the DAG file is parsed: "
            f"{type(error).__name__}: {error}. Use names that are known there, or import what it names outside of "
            "`if TYPE_CHECKING`.",
        ) from error
    return found


def typed(function: Callable[..., Any], names: dict[str, Any]) -> Callable[..., Any]:
    """Wrap a function, with those of its annotations evaluated that can be."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    call.__annotations__ = {}
    for name, annotation in function.__annotations__.items():
        try:
            call.__annotations__[name] = evaluate(function, annotation, names)
        except StepDefinitionError:
            continue  # then a value is loaded as what it was saved as
    return call


def _scopes_around(function: FunctionType) -> Iterator[dict[str, Any]]:
    """Give the local names of the running functions that a function is written in, the innermost first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - public by its documentation
    while frame is not None:
        if frame.f_globals is function.__globals__ and _holds(frame.f_code, function.__code__):
            yield dict(frame.f_locals)
        frame = frame.f_back


def _holds(outer: CodeType, inner: CodeType) -> bool:
    constants = [constant for constant in outer.co_consts if isinstance(constant, CodeType)]
    return any(constant is inner or _holds(constant, inner) for constant in constants)


def _evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    text = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
    if not isinstance(text, str):
        return annotation
    tree = ast.parse(f"({text})", mode="eval")
    try:
        return _run(tree, names)
    except Exception:  # noqa: BLE001 - whatever a type that is not imported leads to
        return _run(_WithoutTypes(names).visit(tree), names)


def _run(tree: ast.Expression, names: dict[str, Any]) -> Any:
    return eval(compile(tree, "<annotation>", "eval"), names)  # noqa: S307 - written in the DAG file, which runs too


class _WithoutTypes(ast.NodeTransformer):
    """Puts None in the place of each type inside ``Annotated``: what is said of an output stands behind it."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Look at ``something[...]``."""
        kind = _run(ast.Expression(node.value), self._names)
        if kind is Annotated and isinstance(node.slice, ast.Tuple) and node.slice.elts:
            node.slice.elts[0] = ast.copy_location(ast.Constant(None), node.slice.elts[0])
            return node
        return self.generic_visit(node)
