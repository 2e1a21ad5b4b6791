"""Edits the text of a config and leaves every other character alone.

freqtrade takes JSON with comments and trailing commas. The libraries that preserve both are young, large or made for
other dialects, and the files hold secrets; so this module finds the position of each value, and no more. Nothing relies
on it alone: an edited text is read with freqtrade's own parser before it replaces a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from freqtrade_bitmex_guard.redaction.opaque import opaque, opaque_dataclass

# As freqtrade reads a file: \r, \n and \r\n all end a line, and with it a comment.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    | (?P<comment>//[^\r\n]* | /\*.*?\*/)
    | (?P<string>"(?:[^"\\\r\n]|\\.)*")
    | (?P<mark>[{}\[\]:,])
    | (?P<word>[^\s{}\[\]:,"/]+)""",
    re.VERBOSE | re.DOTALL,
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_BYTE_ORDER_MARK = "\ufeff"
_INDENT = "    "

NodePath = tuple[str | int, ...]


class JsoncError(ValueError):
    """The text is not JSON as freqtrade reads it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, from `start` to before `end`."""

    start: int
    end: int


@opaque_dataclass
class Node:
    """One value of a document.

    Attributes:
        path: the names and indices that lead to it.
        span: its text, without the space around it.
        content: the value, if it is a string, else None.
    """

    path: NodePath
    span: Span
    content: str | None


@opaque_dataclass
class _Token:
    kind: str
    span: Span
    text: str


@opaque
class JsoncDocument:
    """One config file's text, and the position of every value in it.

    Attributes:
        text: as decoded, line ends and byte order mark included.
        nodes: every value, in the order of the text; a name that is written twice is here twice.
        comments: every comment.
    """

    def __init__(self, text: str) -> None:
        """Parse a text.

        Raises:
            JsoncError: if it is not one JSON object as freqtrade reads it.
        """
        self.text = text
        tokens = list(_tokens(text))
        self.comments = [token.span for token in tokens if token.kind == "comment"]
        self._tokens = [token for token in tokens if token.kind in ("string", "mark", "word")]
        self._next = 0
        self.nodes: list[Node] = []
        if not self._tokens or self._tokens[0].text != "{":
            raise JsoncError("not an object")
        try:
            self._value(())
        except RecursionError:
            raise JsoncError("it is nested too deeply") from None
        if self._next != len(self._tokens):
            raise JsoncError("something follows the object")

    def at(self, *path: str | int) -> list[Node]:
        """Return the nodes of one path: more than one if a name is written twice."""
        return [node for node in self.nodes if node.path == path]

    def line(self, node: Node) -> int:
        """Return the number of the line in which a value begins."""
        return len(_LINE_END.findall(self.text, 0, node.span.start)) + 1

    def source(self, node: Node) -> str:
        """Return a value as it is written."""
        return self.text[node.span.start : node.span.end]

    def replace_spans(self, changes: Iterable[tuple[Span, str]]) -> str:
        """Return the text with some spans replaced; they must not overlap."""
        text = self.text
        for span, replacement in sorted(changes, key=lambda change: change[0].start, reverse=True):
            text = text[: span.start] + replacement + text[span.end :]
        return text

    def append_member(self, name: str, value: Any) -> str:
        """Return the text with one more member at the end of the object, laid out like the first one.

        Args:
            name: of the member; the object must not have it yet.
            value: of the member, as plain data.
        """
        closing = self._tokens[-1].span.start
        members = [node for node in self.nodes if len(node.path) == 1]
        ends_in_comma = self._tokens[-2].text == ","
        # Behind the last comment: a comment that follows the last member belongs to it.
        last = max([self._tokens[-2].span.end, *(span.end for span in self.comments if span.end <= closing)])
        on_lines = not members or re.search(r"[\r\n]", self.text) is not None
        line_end = ("\r\n" if "\r\n" in self.text else "\n") if on_lines else " "
        member = _render_member(name, value, self._indent() if on_lines else None).replace("\n", line_end)
        member = line_end + member + ("," if ends_in_comma else "")
        if on_lines and not re.search(r"[\r\n]", self.text[last:closing]):
            member += line_end
        if not members or ends_in_comma:
            return self.replace_spans([(Span(last, last), member)])
        end = members[-1].span.end
        return self.replace_spans([(Span(end, last), "," + self.text[end:last] + member)])

    def _indent(self) -> str:
        before = re.search(r"[\r\n]([ \t]+)\Z", self.text[: self._tokens[1].span.start])
        return before[1] if before and self._tokens[1].kind == "string" else _INDENT

    def _take(self, *expected: str) -> _Token:
        if self._next >= len(self._tokens):
            raise JsoncError("it ends too early")
        token = self._tokens[self._next]
        if expected and token.text not in expected and token.kind not in expected:
            raise JsoncError("an unexpected token")
        self._next += 1
        return token

    def _value(self, path: NodePath) -> None:
        token = self._take("{", "[", "string", "word")
        number = len(self.nodes)
        content = None
        if token.kind == "string":
            content = _decode_string(token.text)
        elif token.kind == "mark":
            self._members(path, "}" if token.text == "{" else "]")
        if path:
            span = Span(token.span.start, self._tokens[self._next - 1].span.end)
            self.nodes.insert(number, Node(path, span, content))

    def _members(self, path: NodePath, closing: str) -> None:
        position = 0
        while self._tokens[self._next : self._next + 1] and self._tokens[self._next].text != closing:
            step: str | int = position
            if closing == "}":
                step = _decode_string(self._take("string").text)
                self._take(":")
            self._value((*path, step))
            position += 1
            if self._take(",", closing).text == closing:
                return
        self._take(closing)


def _tokens(text: str) -> Iterator[_Token]:
    offset = 1 if text.startswith(_BYTE_ORDER_MARK) else 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None or "\0" in match[0]:  # freqtrade's parser ends at a null character
            raise JsoncError("an unexpected character")
        yield _Token(str(match.lastgroup), Span(offset, match.end()), match[0])
        offset = match.end()


def _render_member(name: str, value: Any, indent: str | None) -> str:
    """Return one member as JSON, indented as inside an object; without an indent, on one line."""
    text = json.dumps({name: value}, indent=indent, ensure_ascii=False)
    return text[1:-1].strip("\n")


def _decode_string(literal: str) -> str:
    try:
        content = json.loads(literal, strict=False)
    except ValueError:
        raise JsoncError("a string is not JSON") from None
    return str(content)
