"""Read formulas from text: a Pratt parser over the precedence table.

    formula    = sum [ ("<" | "<=" | ">" | ">=" | "==") sum ]
    sum        = [ "-" ] product { ("+" | "-") product }
    product    = power { ("*" | "/" | "@") power }
    power      = operand [ "^" power ]
    operand    = primary { ".T" | "[" place { "," place } "]" }
    place      = index | [ index ] ":" [ index ]      an index: 2, t, t - 1; counted from 1
    primary    = number | name | call | "(" formula ")" | array
    call       = name { "'" } "(" [ argument { "," argument } ] ")"
    argument   = [ name "=" ] formula        a called name may hold dots: keras.LeakyReLU
    array      = "[" formula { "," formula } "]"

`dL/da1` without spaces is one name. `3/4` between two whole numbers is one exact
number. `**` is read as `^`; `−`, `·`, `×` and `⊙` as their ASCII counterparts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from gradcalc.algebra.formula.expr import (
    COMPARE,
    INFIX,
    MINUS,
    Apply,
    Expr,
    Number,
    Symbol,
    plainly,
)
from gradcalc.algebra.formula.names import FRAMEWORKS, GRADIENT, IDENTIFIER, canonical
from gradcalc.errors import ProblemError, Source, Span

MAX_LENGTH = 4000
MAX_DEPTH = 60
MAX_DIGITS = 40
MAX_EXPONENT = 400

DOTTED = rf"(?i:{'|'.join(FRAMEWORKS)})(?:\.(?!T\b){IDENTIFIER})+"
"""A name with its framework in front: keras.LeakyReLU."""
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+\-−]?\d+)?)
    | (?P<gradient>(?>{GRADIENT})(?!\s*\())
    | (?P<name>{DOTTED}(?=\s*\()|{IDENTIFIER}['′]*)
    | (?P<sign>\.T\b|ᵀ|\*\*|<=|>=|==|≤|≥|[-+*/@^<>()\[\],=:−·×⊙])
    )""",
    re.VERBOSE,
)
_SPELLING = {"**": "^", "−": "-", "·": "*", "×": "*", "⊙": "*", "ᵀ": ".T", "≤": "<=", "≥": ">="}


@dataclass(frozen=True)
class Token:
    """One word of a formula and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def parse(text: str, span: Span | None = None) -> Expr:
    """Return the formula that `text` spells.

    `span` says where the text stands in its file. Raises ProblemError at the
    offending place for anything that is not a formula.
    """
    base = span or Span(Source("formula", text), 1, 1, max(1, len(text)))
    return _Parser(text, base).whole()


class _Parser:
    """A Pratt parser over the tokens of one formula."""

    def __init__(self, text: str, span: Span) -> None:
        self.text = text
        self.span = span
        self.depth = 0
        self.at = 0
        self.literal = False  # the last operand was a bare number
        if len(text) > MAX_LENGTH:
            raise self.error(
                f"a formula of {len(text)} characters; the longest that is read has {MAX_LENGTH}",
                0,
                1,
                hint="give its parts names of their own, one line each",
            )
        self.tokens = self.scan()

    def error(
        self, message: str, start: int, end: int, label: str = "", hint: str | None = None
    ) -> ProblemError:
        return ProblemError(message, self.span.within(start, end), label, hint)

    def scan(self) -> list[Token]:
        tokens: list[Token] = []
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                rest = self.text[position:]
                start = position + len(rest) - len(rest.lstrip())
                if start == len(self.text):
                    break
                raise self.unknown_sign(start)
            kind = match.lastgroup or ""
            word = match[kind].replace("′", "'")
            tokens.append(
                Token(kind, _SPELLING.get(word, word), match.start(kind), match.end(kind))
            )
            position = match.end()
        tokens.append(Token("end", "", len(self.text.rstrip()), len(self.text.rstrip()) + 1))
        return tokens

    def unknown_sign(self, start: int) -> ProblemError:
        sign = self.text[start]
        hints = {
            "|": "write abs(x) for |x|, norm(x) for the length of a vector",
            "'": "write W.T for a transpose",
            "{": "use round brackets",
            "²": "write ^2 for a square",
            "³": "write ^3 for a cube",
            "!": "factorials are not known; write out the product",
            "%": "write a percentage as a number: 0.05",
            "√": "write sqrt(x)",
            "Σ": "write sum(x)",
            ";": "one equation a line",
            "&": "write a product of two comparisons: (x > 0)*(x < 1)",
        }
        return self.error(
            f"{sign!r} has no meaning in a formula"
            if sign.isprintable()
            else "a control character",
            start,
            start + 1,
            hint=hints.get(sign),
        )

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def advance(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def accept(self, sign: str) -> bool:
        if self.token.kind == "sign" and self.token.text == sign:
            self.at += 1
            return True
        return False

    def expect(self, sign: str, opened: Token) -> Token:
        token = self.token
        if not self.accept(sign):
            if token.kind == "end":
                raise self.error(
                    f"{opened.text!r} is never closed",
                    opened.start,
                    opened.end,
                    f"{sign!r} is missing",
                )
            if token.text == ":":
                raise self.unknown_sign(token.start)
            raise self.error(
                f"{sign!r} expected, {token.text!r} found",
                token.start,
                token.end,
                hint=self.juxtaposition(token),
            )
        return token

    def juxtaposition(self, token: Token) -> str | None:
        if token.kind in ("name", "number", "gradient") or token.text == "(":
            return "write * for a product, @ for a matrix product"
        return None

    def whole(self) -> Expr:
        expr = self.formula(0)
        token = self.token
        if token.kind == "end":
            return expr
        if token.text == ":":
            raise self.unknown_sign(token.start)
        if token.text == "=":
            raise self.error(
                "a second '=' in one equation",
                token.start,
                token.end,
                hint="== compares two values",
            )
        if token.text in (")", "]"):
            raise self.error(f"{token.text!r} closes nothing", token.start, token.end)
        if token.text in INFIX:
            raise self.error(
                "comparisons do not chain",
                token.start,
                token.end,
                hint="write a product of two comparisons: (0 < x)*(x < 1)",
            )
        raise self.error(
            f"an operator is missing before {token.text!r}",
            token.start,
            token.end,
            hint=self.juxtaposition(token),
        )

    def bounded(self, depth: int) -> None:
        """Refuse a formula that is nested deeper than a walk over it could follow."""
        if depth > MAX_DEPTH:
            raise self.error(
                f"a formula nested more than {MAX_DEPTH} deep", self.token.start, self.token.end
            )

    def made(
        self,
        op: str,
        args: tuple[Expr, ...],
        start: int,
        attrs: tuple[tuple[str, Number | Symbol], ...] = (),
    ) -> Apply:
        """Return an operation on what was read from offset `start` up to here."""
        expr = Apply(op, args, attrs, (start, self.tokens[self.at - 1].end))
        self.bounded(expr.depth)
        return expr

    def formula(self, floor: int) -> Expr:
        self.depth += 1
        self.bounded(self.depth)
        start = self.token.start
        left, literal = self.prefix(floor)
        chain, terms = "", list[Expr]()  # the sum or product that is being read
        while True:
            token = self.token
            op, level = INFIX.get(token.text, ("", -1)) if token.kind == "sign" else ("", -1)
            if level <= floor:
                break
            if chain and op != chain:
                left, chain = self.made(chain, tuple(terms), start), ""
            self.advance()
            right = self.formula(level - 1 if op == "pow" else level)
            if op == "add" and token.text == "-":
                right = self.negative(right, token.start)
            if op == "div" and literal and self.literal and _whole(left) and _whole(right):
                assert isinstance(left, Number) and isinstance(right, Number)
                if right.value:
                    place = (start, self.tokens[self.at - 1].end)
                    left = Number(left.value / right.value, f"{left.text}/{right.text}", place)
                    continue
            if chain:
                terms.append(right)
            elif op in ("add", "mul"):
                chain, terms = op, [left, right]
            else:
                left = self.made(op, (left, right), start)
            literal = False
            if level == COMPARE:
                floor = COMPARE
        if chain:
            left = self.made(chain, tuple(terms), start)
        self.depth -= 1
        self.literal = literal
        return left

    def negative(self, operand: Expr, start: int) -> Expr:
        if self.literal and isinstance(operand, Number):
            text = operand.text or str(operand.value)
            flipped = text[1:] if text.startswith("-") else "-" + text
            return Number(-operand.value, flipped, (start, self.tokens[self.at - 1].end))
        return self.made("neg", (operand,), start)

    def prefix(self, floor: int) -> tuple[Expr, bool]:
        token = self.token
        if token.kind == "sign" and token.text == "-":
            self.advance()
            operand = self.formula(max(MINUS, floor))
            literal = self.literal
            return self.negative(operand, token.start), literal
        if token.kind == "sign" and token.text == "+":
            self.advance()
            return self.formula(max(MINUS, floor)), False
        return self.postfix()

    def postfix(self) -> tuple[Expr, bool]:
        start = self.token.start
        expr, literal = self.primary()
        while self.token.kind == "sign" and self.token.text in (".T", "["):
            token = self.advance()
            if token.text == ".T":
                expr = self.made("transpose", (expr,), start)
            else:
                indices = self.places(token)
                if not indices or not all(map(_place, indices)):
                    raise self.error(
                        "an entry is named by whole numbers, counted from 1",
                        token.start,
                        self.tokens[self.at - 1].end,
                    )
                expr = self.made("entry", (expr, *indices), start)
            literal = False
        return expr, literal

    def primary(self) -> tuple[Expr, bool]:
        token = self.advance()
        place = (token.start, token.end)
        if token.kind == "number":
            return self.number(token), True
        if token.kind == "gradient":
            return Symbol(canonical(token.text), place), False
        if token.kind == "name":
            if self.token.text == "(" and self.token.kind == "sign":
                return self.call(token), False
            if token.text.endswith("'"):
                raise self.error(
                    "a derivative wants its argument", *place, hint=f"write {token.text}(z)"
                )
            return Symbol(canonical(token.text), place), False
        if token.text == "(":
            inner = self.formula(0)
            self.expect(")", token)
            return inner, False
        if token.text == "[":
            items = self.items("]", token)
            if not items:
                raise self.error("an empty list of numbers", *place)
            return self.made("array", items, token.start), False
        if token.kind == "end":
            raise self.error("the formula ends too early", *place, "something is missing here")
        if token.text == ":":
            raise self.unknown_sign(token.start)
        raise self.error(f"a value expected, {token.text!r} found", *place)

    def number(self, token: Token) -> Number:
        text = token.text.replace("−", "-")
        mantissa, _, exponent = text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or abs(int(exponent or 0)) > MAX_EXPONENT:
            raise self.error("a number of more digits than are read", token.start, token.end)
        return Number(Fraction(text), plainly(text), (token.start, token.end))

    def call(self, name: Token) -> Apply:
        opened = self.advance()
        args: list[Expr] = []
        attrs: list[tuple[str, Number | Symbol]] = []
        while not self.accept(")"):
            if args or attrs:
                self.expect(",", opened) if self.token.text != "," else self.advance()
            word = self.token
            if word.kind == "name" and self.tokens[self.at + 1].text == "=":
                self.at += 2
                if word.text in dict(attrs):
                    raise self.error(f"{word.text} is given twice", word.start, word.end)
                value = self.formula(0)
                if not isinstance(value, Number | Symbol):
                    raise self.error(f"{word.text} takes a number or a word", word.start, word.end)
                attrs.append((word.text, value))
            else:
                if attrs:
                    raise self.error("operands come before named parameters", word.start, word.end)
                args.append(self.formula(0))
            if self.token.text not in (",", ")"):
                self.expect(")", opened)
        return self.made(name.text, tuple(args), name.start, tuple(attrs))

    def places(self, opened: Token) -> tuple[Expr, ...]:
        """Return what stands in the brackets of an entry: `2`, `t - 1`, `2:4`, `:`."""
        places: list[Expr] = []
        while not self.accept("]"):
            if places:
                self.expect(",", opened)
            start = self.token.start
            first = Symbol("") if self.token.text == ":" else self.formula(0)
            if self.accept(":"):
                open_ended = self.token.text in (",", "]")
                last = Symbol("") if open_ended else self.formula(0)
                first = self.made("slice", (first, last), start)
            places.append(first)
            if self.token.text not in (",", "]"):
                self.expect("]", opened)
        return tuple(places)

    def items(self, closing: str, opened: Token) -> tuple[Expr, ...]:
        items: list[Expr] = []
        while not self.accept(closing):
            if items:
                self.expect(",", opened)
            items.append(self.formula(0))
            if self.token.text not in (",", closing):
                self.expect(closing, opened)
        return tuple(items)


def _place(expr: Expr) -> bool:
    """Tell whether a formula can say which entry is meant."""
    if isinstance(expr, Apply):
        return expr.op in ("slice", "add") and all(map(_step, expr.args))
    return isinstance(expr, Symbol) or _whole(expr)


def _step(expr: Expr) -> bool:
    if isinstance(expr, Apply) and expr.op == "add":
        return all(map(_step, expr.args))
    if isinstance(expr, Apply) and expr.op == "neg":
        return _step(expr.args[0])
    return isinstance(expr, Symbol) or (isinstance(expr, Number) and expr.value.denominator == 1)


def _whole(expr: Expr) -> bool:
    return isinstance(expr, Number) and expr.value >= 0 and (expr.text or "").isdigit()
