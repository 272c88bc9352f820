"""A choice of rows in words, ``split = 'test' and n > 3``, as an expression that pyarrow evaluates.

A column is a bare name, or any name in double quotes. It is compared (``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``) with
a number, a text in single quotes (a quote in it is doubled), true or false; or with several, ``in ('a', 'b')``.
``and``, ``or``, ``not`` and parentheses join comparisons. Rows for which there is no answer, as a value is missing, are
not chosen. Words and numbers are all that gets through: nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<word>[^\W\d]\w*)
    |(?P<sign><=|>=|<>|!=|==|=|<|>|\(|\)|,)
    |(?P<end>$)
    )""",
    re.VERBOSE,
)
_KEYWORDS = ("and", "or", "not", "in", "true", "false")
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda column, value: column == value,
    "==": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<>": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


class WhereError(ValueError):
    """A choice of rows that cannot be read, in one sentence."""


class Where:
    """A choice of rows.

    Attributes
    ----------
    text : str
        As it was given.
    names : tuple of str
        The columns that it looks at.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._names: dict[str, None] = {}
        self._build = self._any()
        if self._kind != "end":
            raise self._unexpected("and, or, or the end")
        self.names = tuple(self._names)

    def expression(self) -> Any:
        """Make the expression of pyarrow."""
        import pyarrow.compute as pc

        return self._build(pc)

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def _value(self) -> Any:
        return self._tokens[self._at][1]

    def _next(self, kind: str, *values: str) -> bool:
        """Go on, where this is what comes next."""
        if self._kind == kind and (not values or self._value in values):
            self._at += 1
            return True
        return False

    def _unexpected(self, expected: str) -> WhereError:
        found = "the end" if self._kind == "end" else repr(self._value)
        return WhereError(f"expected {expected}, got {found} in {self.text!r}")

    def _any(self) -> Callable[[Any], Any]:
        parts = [self._all()]
        while self._next("keyword", "or"):
            parts.append(self._all())
        return _joined(parts, lambda a, b: a | b)

    def _all(self) -> Callable[[Any], Any]:
        parts = [self._one()]
        while self._next("keyword", "and"):
            parts.append(self._one())
        return _joined(parts, lambda a, b: a & b)

    def _one(self) -> Callable[[Any], Any]:
        if self._next("keyword", "not"):
            inner = self._one()
            return lambda pc: ~inner(pc)
        if self._next("sign", "("):
            inner = self._any()
            if not self._next("sign", ")"):
                raise self._unexpected("and, or, or )")
            return inner
        if self._kind != "name":
            raise self._unexpected("a column")
        name = self._value
        self._names[name] = None
        self._at += 1
        refused = self._next("keyword", "not")
        if self._next("keyword", "in"):
            # One by one, as `isin` has an answer for missing values.
            equal = _joined([_compared("=", name, value) for value in self._list()], lambda a, b: a | b)
            return (lambda pc: ~equal(pc)) if refused else equal
        if refused or self._value not in _COMPARISONS:
            raise self._unexpected("in" if refused else "a comparison or in")
        sign = self._value
        self._at += 1
        return _compared(sign, name, self._literal())

    def _list(self) -> list[Any]:
        if not self._next("sign", "("):
            raise self._unexpected("(")
        values = [self._literal()]
        while self._next("sign", ","):
            values.append(self._literal())
        if not self._next("sign", ")"):
            raise self._unexpected(", or )")
        return values

    def _literal(self) -> Any:
        if self._kind == "keyword" and self._value in ("true", "false"):
            value: Any = self._value == "true"
        elif self._kind in ("number", "text"):
            value = self._value
        else:
            raise self._unexpected("a number, a text in single quotes, true or false")
        self._at += 1
        return value


def _compared(sign: str, name: str, value: Any) -> Callable[[Any], Any]:
    return lambda pc: _COMPARISONS[sign](pc.field(name), pc.scalar(value))


def _joined(parts: list[Callable[[Any], Any]], join: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    def build(pc: Any) -> Any:
        whole, *rest = (part(pc) for part in parts)
        for part in rest:
            whole = join(whole, part)
        return whole

    return build


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    at = 0
    while True:
        found = _TOKEN.match(text, at)
        if found is None:
            raise WhereError(f"expected a column, a value or a comparison, got {text[at:].strip()[:20]!r} in {text!r}")
        kind, token, at = str(found.lastgroup), found.group(found.lastgroup or 0), found.end()
        if kind == "word":
            keyword = token.lower() in _KEYWORDS
            yield ("keyword", token.lower()) if keyword else ("name", token)
        elif kind == "quoted":
            yield "name", token[1:-1].replace('""', '"')
        elif kind == "text":
            yield "text", token[1:-1].replace("''", "'")
        elif kind == "number":
            yield "number", int(token) if re.fullmatch(r"[-+]?\d+", token) else float(token)
        else:
            yield kind, token
        if kind == "end":
            return
