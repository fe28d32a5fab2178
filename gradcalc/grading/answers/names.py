"""Find what a name on an answer sheet means: ours, the author's, and what people write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gradcalc.algebra.formula.expr import symbols
from gradcalc.algebra.formula.names import (
    GREEK,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    canonical,
    gradient_name,
    gradient_parts,
)
from gradcalc.algebra.formula.shapes import Index, Shape
from gradcalc.errors import ProblemError, did_you_mean, listed
from gradcalc.problem.model import Problem, sized
from gradcalc.problem.names import LEVELS, Reference, is_hidden
from gradcalc.problem.text.yaml_nodes import MappingNode

LONGEST = 80
SHOWN = 40
SUGGESTIONS = 50
DIGITS = "0123456789"
LETTER_NAMES = ("answer", "answers", "option", "choice")

_PART = r"\{([^{}]{1,40}(?:\{[^{}]{1,20}\}[^{}]{0,9}){0,3})\}"
_LATEX = (
    (re.compile(r"\\(?:mathbf|boldsymbol|mathrm|mathit|vec)\s?\{([^{}]{1,20})\}"), r"\1"),
    (re.compile(r"\\(hat|tilde|bar)\s?(?:\{\s?(\w)\s?\}|(\w))"), r"\2\3\1"),
    (re.compile(r"\\partial\s?"), "d"),
    (re.compile(rf"\\(nabla|{'|'.join(GREEK)})(?![A-Za-z])\s?"), r"\1"),
    (re.compile(rf"\\[dt]?frac\s?{_PART}\s?{_PART}"), r"\1/\2"),
    (re.compile(r"_\s?\{\s?([A-Za-z]\w{0,40})\s?\}"), r"_\1"),
    (re.compile(r"\$|\\[,;!]|\\(?=_)"), ""),
)
_LAYERED = re.compile(
    r"\^\s?\{?\s?\(\s?(\d{1,4})\s?\)\s?\}?\s?_\s?(?:\{\s?(\d{1,9})\s?\}|(\d{1,9})(?!\w))"
)
_RAISED, _LOWERED = (str.maketrans("0123456789", signs) for signs in (SUPERSCRIPTS, SUBSCRIPTS))
_MARKS = (
    (re.compile(r"\^\s?\{?\s?[(\[]?\s?(\d{1,4})\s?[)\]]?\s?\}?"), r"\1"),
    (re.compile(r"_\s?\{?\s?(\d{1,4})\s?\}?(?![\w])"), r"\1"),
    (re.compile(r"\s{0,9}/\s{0,9}"), "/"),
    (re.compile(r"(?<!\w)([d∂])\s{1,9}(?=\w)"), r"\1"),
    (re.compile(r"(?<!\w)d\(\s?(\w{1,40})\s?\)"), r"d\1"),
    (re.compile(r"\]\s?\["), ","),
    (re.compile(r"_hat(?![^\W\d])"), "hat"),
)
_CALLED = re.compile(r"\(\s?(\d{1,9}(?:\s?,\s?\d{1,9}){0,3})\s?\)\Z", re.ASCII)
_INDEX = re.compile(r"\s?(\[[\d,\s]{1,40}\])\Z", re.ASCII)
_DELTA = re.compile(r"(?:delta|δ|Delta)_?(\w{0,9})\Z")
_GRAD = re.compile(r"(?:grad|Grad|∇|nabla)[_ ]?\(?\s?\{?(\w{1,40})\}?\)?(?:\s?\w{1,20})?\Z")
_BEHIND = re.compile(r"(\w{1,40})(?:\.grad|_grad)\Z")
_FROM_ZERO = re.compile(r"[\[,]\s?0\s?[,\]]")


@dataclass(frozen=True)
class ProblemLabels:
    """What tells the problems of one run apart: `xor:z1` is z1 of the problem called xor.

    own: what this problem is called; others: the quantities of the other problems.
    """

    own: str
    others: Mapping[str, Quantities] = field(default_factory=dict)

    @property
    def alone(self) -> ProblemLabels:
        """Return the same where the other problems cannot be meant."""
        return ProblemLabels(self.own)

    def parted(self, text: str) -> tuple[str | None, str]:
        """Return the problem that a name begins with, None for none, and the rest of it."""
        plain = text.strip()
        for label in (self.own, *self.others):
            rest = plain[len(label) :].lstrip()
            if plain[: len(label)].casefold() == label.casefold() and rest[:1] in (":", "."):
                return label, rest[1:].strip()
        return None, plain


@dataclass(frozen=True)
class Quantities:
    """The quantities of a problem, found by every name that is in use for them.

    labels: the names of the problems where there are several.
    """

    problem: Problem
    labels: ProblemLabels | None = field(default=None, compare=False, repr=False)
    _found: dict[str, Reference | str] = field(default_factory=dict, compare=False, repr=False)
    _suggested: dict[str, None] = field(default_factory=dict, compare=False, repr=False)
    _guesses: dict[str, None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def known(self) -> frozenset[str]:
        """Return our names of everything that has a value."""
        return frozenset(name for name in self.problem.named if not is_hidden(name))

    @cached_property
    def letters(self) -> frozenset[str]:
        """Return the letters that are dimensions."""
        shapes = self.problem.visible.shapes.values()
        return frozenset(dim for shape in shapes for dim in shape if isinstance(dim, str))

    @cached_property
    def options(self) -> tuple[str, ...]:
        """Return the letters of the options."""
        section = self.problem.extras.get("options")
        pairs = section.pairs if isinstance(section, MappingNode) else ()
        return tuple(label.text.strip() for label, _ in pairs)

    @cached_property
    def losses(self) -> tuple[str, ...]:
        """Return what the differentiated quantity is called, the author's name first."""
        loss = self.problem.loss
        return tuple(dict.fromkeys((self.problem.names.shown(loss), loss)))

    def shape(self, reference: Reference) -> Shape:
        """Return the shape of a quantity, or of one entry."""
        return () if reference.index is not None else self.problem.visible.shapes[reference.name]

    def find(self, text: str) -> Reference | str:
        """Return the quantity or entry that a text names, or the reason why there is none."""
        found = self._found.get(text)
        if found is None:
            level, found = self._look_up(self.own(text) or "")
            self._found[text] = found
            if level == LEVELS - 1:
                self._guesses[text] = None
            if self.elsewhere(text):
                found = self._found[text] = f"{text} belongs to another problem"
        return found

    @cached_property
    def sources(self) -> Mapping[str, frozenset[str]]:
        """Return for each line all that it is worked out from, directly or not."""
        visible = self.problem.visible
        found: dict[str, frozenset[str]] = {}
        for node in (*visible.forward, *visible.backward):
            if node.name not in self.problem.given:
                read = symbols(node.expr)
                found[node.name] = frozenset(read).union(*(found.get(n, ()) for n in read))
        return found

    def circle(self, name: str, read: Iterable[str]) -> str | None:
        """Return why a formula is no answer: it reads what it is to give, or what comes of it."""
        shown = self.problem.names.shown
        for other in read:
            if other == name:
                return f"it names {shown(name)} itself: write numbers, or a formula of lines before"
            if name in self.sources.get(other, ()):
                return (
                    f"{shown(other)} is worked out from {shown(name)}:"
                    " write a formula of lines before"
                )
        return None

    def own(self, text: str) -> str | None:
        """Return a name without the label of this problem, None for one of another problem."""
        if self.labels is None:
            return text
        label, rest = self.labels.parted(text)
        return rest if label in (None, self.labels.own) else None

    def foreign(self, text: str) -> bool:
        """Tell whether a name is one of another problem, in use there or not."""
        return self.own(text) is None or self.elsewhere(text)

    def elsewhere(self, text: str) -> bool:
        """Tell whether a name belongs to another problem of the same run.

        Raises ProblemError for one that several problems have.
        """
        if self.labels is None or self.own(text) is None:
            return self.labels is not None
        if self.labels.parted(text)[0] is not None:
            return False
        others = [
            label
            for label, other in self.labels.others.items()
            if isinstance(other.find(text), Reference)
        ]
        if not others or isinstance(self._look_up(text)[1], str):
            return False
        raise ProblemError(
            f"{text} is a quantity of {listed([self.labels.own, *others])}",
            hint=f"write {self.labels.own}:{text} or {others[0]}:{text}",
        )

    def guessed(self, text: str) -> bool:
        """Tell whether a name is none in use, and only nearly the same as one."""
        self.find(text)
        return text in self._guesses

    def _look_up(self, text: str) -> tuple[int, Reference | str]:
        """Return what a name means, or why nothing, and at which level of likeness."""
        if not text.strip():
            return LEVELS, "a name is missing"
        level, found = self._level(text)
        return level, self._unknown(text) if found is None else self._fitted(found)

    def _level(self, text: str) -> tuple[int, Reference | None]:
        """Return what a name means at the first level of likeness that has a meaning for it."""
        if len(text) > LONGEST:
            return LEVELS, None
        spellings = tuple(_spellings(text.strip(), self.losses[0]))
        for level in range(LEVELS):
            for spelled in spellings:
                found = self.problem.lexicon.at(level, spelled)
                if found is None and level == LEVELS - 2:
                    found = self._delta(spelled)
                if found is not None:
                    return level, found
        return LEVELS, None

    def _delta(self, text: str) -> Reference | None:
        """Return the gradient by the pre-activation that δ of a layer stands for."""
        base, bracket, index = text.partition("[")
        delta = _DELTA.match(canonical(base.strip()))
        if delta is None:
            return None
        layers = {str(layer.number): layer.z for layer in self.problem.layers}
        z = layers.get(delta[1], f"z{delta[1]}")
        name = gradient_name(self.problem.loss, z)
        return self.problem.lexicon.at(0, name + bracket + index)

    def _fitted(self, found: Reference) -> Reference | str:
        """Return a reference whose index fits, or what is wrong with it."""
        shape, index = self.problem.visible.shapes[found.name], found.index
        if index is None:
            return found
        fitted = _fitted_index(index, shape)
        if fitted is None:
            return f"{found.name} has no entry {_shown_index(index)}: {sized('it', shape)}"
        return Reference(found.name, fitted if shape else None)

    def _unknown(self, text: str) -> str:
        """Return why a name means nothing here, with what was meant where that is plain."""
        name = " ".join(text.split())
        shown = name if len(name) <= SHOWN else name[:SHOWN] + "…"
        if _FROM_ZERO.search(name[:LONGEST]):
            return f"{shown}: entries are counted from 1"
        parts = gradient_parts(canonical(name[:LONGEST].partition("[")[0].strip()))
        if parts and parts[0] in self.losses and self.find(parts[1]) in self._references():
            return f"{shown} is not worked out in this problem: name it under find"
        reason = f"{shown} is not a quantity of this problem"
        if len(self._suggested) > SUGGESTIONS or len(name) > SHOWN:
            return reason
        self._suggested[text] = None
        names = self.problem.names
        own = gradient_name(self.problem.loss, self.problem.loss)
        ours = [name for name in self.problem.named if name in self.known and name != own]
        known = (*map(names.shown, ours), *ours, *names.taken)
        near = did_you_mean(name, known) or _neighbour(name, known)
        return f"{reason}; did you mean {near}?" if near else reason

    def _references(self) -> frozenset[Reference]:
        return frozenset(map(Reference, self.known)) | frozenset(self.problem.names.taken.values())


def _spellings(text: str, loss: str) -> Iterator[str]:
    """Yield a name as it stands, then as gradcalc would write what it may mean."""
    yield text
    plain = text
    for pattern, by in _LATEX if "\\" in text or "$" in text else ():
        plain = pattern.sub(by, plain)
    plain = _LAYERED.sub(_entry_of_layer, plain)
    for pattern, by in _MARKS:
        plain = pattern.sub(by, plain)
    called = _CALLED.search(plain)
    if called and called.start() and not plain.startswith(("grad", "∇", "nabla")):
        plain = f"{plain[: called.start()]}[{called[1]}]"
    plain = plain.strip()
    if plain != text:
        yield plain
    index = _INDEX.search(plain)
    base, at = (plain[: index.start()], index[1]) if index else (plain, "")
    for by in _differentiated_by(base, loss):
        yield f"d{loss}/d{by}{at}"


def _entry_of_layer(match: re.Match[str]) -> str:
    """Return `^{(1)}_{21}` as it is printed: ⁽¹⁾₂₁."""
    below = match[2] or match[3]
    return f"⁽{match[1].translate(_RAISED)}⁾{below.translate(_LOWERED)}"


def _differentiated_by(base: str, loss: str) -> Iterator[str]:
    """Yield the quantities by which a name like `grad_W1` may differentiate the loss."""
    for pattern in (_GRAD, _BEHIND):
        match = pattern.match(base)
        if match:
            yield match[1]
    for of in dict.fromkeys((loss, "L")):
        for lead in (f"d{of}_d", f"∂{of}_∂", f"d{of}d", f"∂{of}∂"):
            if base.startswith(lead) and len(base) > len(lead):
                yield base[len(lead) :].lstrip("_")
    if base.startswith(("d_", "∂_")) and len(base) > 2:
        yield base[2:]
    if base.startswith("∂"):
        yield base[1:]


def _fitted_index(index: Index, shape: Shape) -> Index | None:
    """Return the index with as many parts as the shape, or None where there is no such entry.

    One part is enough in a matrix of one row or column, and a vector may be counted as
    one row or one column.
    """
    if not shape:
        return () if not any(index) else None
    if len(index) == 1 and len(shape) == 2 and 1 in shape:
        index = (0, *index) if shape[0] == 1 else (*index, 0)
    elif len(index) == 2 and len(shape) == 1 and 0 in index:
        index = (max(index),)
    if len(index) != len(shape):
        return None
    fits = all(isinstance(dim, str) or at < dim for at, dim in zip(index, shape, strict=True))
    return index if fits else None


def _neighbour(name: str, known: Iterable[str]) -> str | None:
    """Return the last name that differs in its number only: W3 for W4."""
    stem = name.rstrip(DIGITS)
    same = [other for other in known if other != stem and other.rstrip(DIGITS) == stem]
    return max(same, default=None) if stem != name else None


def _shown_index(index: Index) -> str:
    return f"[{','.join(str(at + 1) for at in index)}]"
