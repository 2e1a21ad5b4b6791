"""The small changes that mutmut does not make, one place at a time.

In a function that mutmut changes, these are statements and elements that are left out.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = "freqtrade_bitmex_guard"

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
}

WORDING = ("description", "examples")  # what `schema` shows


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: str
    line: int
    change: str
    tree: ast.Module


def is_left_out_by_mutmut(function: ast.FunctionDef) -> bool:
    """Return whether mutmut 3 changes nothing in a function, because it is decorated."""
    names = [ast.unparse(decorator) for decorator in function.decorator_list]
    return bool(names) and names not in (["staticmethod"], ["classmethod"])


def places(node: ast.AST, *, inside: bool = False, plain: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every node but annotations and docstrings, and whether mutmut changes it, too."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or name in ("annotation", "returns", "decorator_list"):
                continue
            is_function = isinstance(child, ast.FunctionDef)
            is_plain = plain or (is_function and not inside and not is_left_out_by_mutmut(child))  # type: ignore[arg-type]
            if isinstance(child, ast.Import | ast.ImportFrom) or ast.unparse(child).startswith("__all__ ="):
                continue
            if isinstance(child, ast.keyword) and child.arg in WORDING:
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child, is_plain
            yield from places(child, inside=inside or is_function, plain=is_plain)


Change = tuple[str, Callable[[Any], None]]
"""A description, and what makes the change to the same node of a copy."""


def changes(node: Any) -> Iterator[Change]:  # noqa: C901, PLR0912
    """Yield what can be changed in one node that mutmut does not change."""
    value: Any = getattr(node, "value", None)
    match node:
        case ast.Constant(value=bool()):
            yield f"{value} -> {not value}", lambda n: setattr(n, "value", not n.value)
        case ast.Constant(value=int() | float()):
            yield f"{value} -> {value + 1}", lambda n: setattr(n, "value", n.value + 1)
        case ast.Constant(value=str()) if value and " " not in value:  # with a space it is wording
            yield f"{value!r} -> XX", lambda n: setattr(n, "value", f"XX{n.value}XX")
        case ast.Compare():
            for i, operator in enumerate(node.ops):
                swapped = SWAPS[type(operator)]
                yield f"-> {swapped.__name__}", lambda n, i=i, swapped=swapped: n.ops.__setitem__(i, swapped())  # type: ignore[misc]
        case ast.BoolOp() | ast.BinOp() if type(node.op) in SWAPS:
            yield f"-> {SWAPS[type(node.op)].__name__}", lambda n: setattr(n, "op", SWAPS[type(n.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield "not removed", lambda n: setattr(n, "op", ast.UAdd())
        case ast.If() | ast.IfExp():
            for always in (True, False):
                yield f"condition -> {always}", lambda n, always=always: setattr(n, "test", ast.Constant(always))  # type: ignore[misc]
        case ast.Return() if value is not None:
            yield "returns None", lambda n: setattr(n, "value", ast.Constant(None))
        case ast.Call():
            for i, keyword in enumerate(node.keywords):
                if keyword.arg not in (None, *WORDING):
                    yield f"without {keyword.arg}=", lambda n, i=i: n.keywords.pop(i)  # type: ignore[misc]
    if isinstance(node, ast.FunctionDef) and any("validator" in ast.unparse(each) for each in node.decorator_list):
        yield "not a validator", lambda n: n.decorator_list.clear()


def omissions(node: Any) -> Iterator[Change]:
    """Yield what can be left out of any node: elements, and statements without which the rest still runs."""
    match node:
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set():
            for i, element in enumerate(node.elts):
                yield f"without {ast.unparse(element)[:40]}", lambda n, i=i: n.elts.pop(i)  # type: ignore[misc]
        case ast.Dict():
            for i, entry in enumerate(node.keys):
                what = ast.unparse(entry) if entry else "**"
                yield f"without {what}", lambda n, i=i: (n.keys.pop(i), n.values.pop(i))  # type: ignore[misc]
    for block in ("body", "orelse", "finalbody"):
        for i, statement in enumerate(
            getattr(node, block, []) if isinstance(node, ast.stmt | ast.excepthandler) else []
        ):
            described = ast.unparse(statement).partition("\n")[0][:50]
            if is_left_out(statement) and not described.startswith("logger."):
                yield f"without {described}", lambda n, block=block, i=i: getattr(n, block).__setitem__(i, ast.Pass())  # type: ignore[misc]


def is_left_out(statement: ast.stmt) -> bool:
    """Return whether the rest still runs without a statement."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Yield | ast.YieldFrom)
    if isinstance(statement, ast.If):
        return not statement.orelse
    return isinstance(statement, ast.Raise | ast.Return | ast.AugAssign | ast.Delete)


def mutants(file: str) -> Iterator[Mutant]:
    """Yield all mutants of one file of the package."""
    tree = ast.parse((ROOT / PACKAGE / file).read_text())
    for number, (node, is_plain) in enumerate(places(tree)):
        for change, do in (*(() if is_plain else changes(node)), *omissions(node)):
            changed = copy.deepcopy(tree)
            do(next(each for i, (each, _) in enumerate(places(changed)) if i == number))
            yield Mutant(file, getattr(node, "lineno", 0), change, ast.fix_missing_locations(changed))
