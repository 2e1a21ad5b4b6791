"""A defence that is removed from the package, and how it is removed."""

from __future__ import annotations

import ast
import builtins
import importlib
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "freqtrade_bitmex_guard"
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Replacement:
    """A function of the package, and what takes its place.

    Attributes:
        function: as `module:qualified.name`, from the package on; the package itself is the empty module.
        definition: Python; the function of the same name and parameters that takes the place. It can call the one that
            it replaces as `original_NAME`, NAME being the function's own name.
    """

    function: str
    definition: str

    @property
    def module(self) -> str:
        """The module of the function."""
        return ".".join(filter(None, (PACKAGE, self.function.partition(":")[0])))

    @property
    def path(self) -> list[str]:
        """The names that lead to the function in its module: of its class, if it is a method, and its own."""
        return self.function.partition(":")[2].split(".")

    @property
    def file(self) -> Path:
        """The file of the module, from the root on."""
        return Path(str(importlib.import_module(self.module).__file__)).relative_to(ROOT)

    def apply(self, source: str) -> str:
        """Return the module's source with the function replaced.

        Args:
            source: of the module.

        Raises:
            LookupError: if the source does not define the function exactly once.
        """
        function = self._find(source)
        lines = source.splitlines(keepends=True)
        first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)]) - 1
        line = lines[function.lineno - 1]
        renamed = line.replace(f"def {function.name}", f"def original_{function.name}", 1)
        before, original = lines[:first], lines[first : function.end_lineno]
        original[function.lineno - 1 - first] = renamed
        definition = textwrap.indent(textwrap.dedent(self.definition).strip() + "\n", " " * function.col_offset)
        return "".join([*before, *original, "\n", definition, *lines[function.end_lineno :]])

    def _find(self, source: str) -> ast.FunctionDef:
        body: list[ast.stmt] = ast.parse(source).body
        for name in self.path:
            found = [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name]
            if len(found) != 1:
                raise LookupError(f"{self.function} is defined {len(found)} times")
            body = found[0].body
        if not isinstance(found[0], ast.FunctionDef):
            raise LookupError(f"{self.function} is no function")
        return found[0]

    def check(self) -> None:
        """Check that the package has the function, and that the definition takes exactly its place.

        Raises:
            LookupError: if not.
        """
        target: Any = importlib.import_module(self.module)
        for name in self.path:
            target = getattr(target, name, None)
        if not callable(target):
            raise LookupError(f"{self.function} does not exist")
        function = self._find((ROOT / self.file).read_text(encoding="utf-8"))
        definition = _only_function(self.definition)
        if function.name != definition.name or _signature(function) != _signature(definition):
            raise LookupError(f"the definition is of another function than {self.function}")
        # Or else it would be a NameError that fails the attack's test.
        known = {*dir(builtins), *dir(importlib.import_module(self.module)), f"original_{function.name}"}
        if unknown := _free_names(definition) - known:
            raise LookupError(f"the definition of {self.function} uses {sorted(unknown)}, which its module has not")


@dataclass(frozen=True)
class Removal:
    """An attack's test, and the defence without which the attack succeeds.

    Attributes:
        test: as pytest names it, from the folder tests on.
        defence: what is removed, in words.
        replacements: what removes it.
        cases: which of the test's cases to run, if not all (pytest's -k).
    """

    test: str
    defence: str
    replacements: tuple[Replacement, ...]
    cases: str = ""

    @property
    def name(self) -> str:
        """The test's own name."""
        return self.test.rpartition("::")[2]


def replace(function: str, definition: str) -> tuple[Replacement]:
    """Return the replacement of one function; see `Replacement`."""
    return (Replacement(function, definition),)


def _only_function(definition: str) -> ast.FunctionDef:
    body = ast.parse(textwrap.dedent(definition)).body
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise LookupError("the definition is not exactly one function")
    return body[0]


def _signature(function: ast.FunctionDef) -> tuple[int, list[str], bool, bool]:
    """What a caller has to know: how many parameters, the names behind the star, and whether it takes more."""
    given = function.args
    by_name = sorted(argument.arg for argument in given.kwonlyargs)
    return len(given.posonlyargs) + len(given.args), by_name, given.vararg is not None, given.kwarg is not None


def _free_names(function: ast.FunctionDef) -> set[str]:
    nodes = list(ast.walk(function))
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    own = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.alias)}
    own |= {str(node.name) for node in nodes if isinstance(node, ast.ExceptHandler)}
    return used - own
