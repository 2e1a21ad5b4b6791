"""Changes to the text of a config that leave every other character as it is.

freqtrade takes JSON with comments and trailing commas. Libraries that keep both apart from what they change are young,
large or for other dialects, and what they touch here holds secrets; so this finds where a value stands, and no more.
Nothing relies on it alone: what was changed is read with freqtrade's own parser before it replaces anything.
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


_BYTE_ORDER_MARK = "\ufeff"


_INDENT = "    "


NodePath = tuple[str | int, ...]


class JsoncError(ValueError):
    """The text is not JSON as freqtrade takes it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, from its first character to before `end`."""

    start: int
    end: int


@opaque_dataclass
class Node:
    """Where one value stands.

    Attributes:
        path: names and positions that lead to it.
        span: its text, without what surrounds it.
        content: the value, if it is a text, else None.
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
    """One config file's text, and where everything stands in it.

    Attributes:
        text: as decoded, line ends and byte order mark included.
        nodes: every value, in the order of the text; a name that stands twice is there twice.
        comments: every comment.
    """

    def __init__(self, text: str) -> None:
        """Look a text through.

        Raises:
            UnreadableError: if it is not one JSON object as freqtrade takes it.
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
        """The places of one path: more than one if a name stands twice."""
        return [place for place in self.nodes if place.path == path]

    def source(self, place: Node) -> str:
        """A value as it is written."""
        return self.text[place.span.start : place.span.end]

    def replace_spans(self, changes: Iterable[tuple[Span, str]]) -> str:
        """The text with some stretches replaced; they must not overlap."""
        text = self.text
        for span, instead in sorted(changes, key=lambda change: change[0].start, reverse=True):
            text = text[: span.start] + instead + text[span.end :]
        return text

    def append_member(self, name: str, value: Any) -> str:
        """The text with one more member at the end of the object, laid out as its first one is.

        Args:
            name: of the member; it must not be there yet.
            value: what it holds, as plain data.
        """
        closing = self._tokens[-1].span.start
        members = [place for place in self.nodes if len(place.path) == 1]
        ends_in_comma = self._tokens[-2].text == ","
        # Behind the last comment, if one follows the last member: it belongs to what stands before it.
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

    def _take(self, *wanted: str) -> _Token:
        if self._next >= len(self._tokens):
            raise JsoncError("it ends too early")
        token = self._tokens[self._next]
        if wanted and token.text not in wanted and token.kind not in wanted:
            raise JsoncError("something stands where it should not")
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
    at = 1 if text.startswith(_BYTE_ORDER_MARK) else 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or "\0" in match[0]:  # freqtrade's parser ends at a null character, wherever it stands
            raise JsoncError("a character stands where it should not")
        yield _Token(str(match.lastgroup), Span(at, match.end()), match[0])
        at = match.end()


def _render_member(name: str, value: Any, indent: str | None) -> str:
    """One member as JSON, indented as inside an object; without an indent, on one line."""
    text = json.dumps({name: value}, indent=indent, ensure_ascii=False)
    return text[1:-1].strip("\n")


def _decode_string(literal: str) -> str:
    try:
        content = json.loads(literal, strict=False)
    except ValueError:
        raise JsoncError("a text is not JSON") from None
    return str(content)
