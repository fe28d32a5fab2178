"""Find what a name on an answer sheet means: ours, the author's, and what people write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from functools import cached_property

from gradcalc.algebra.names import canonical, gradient_name, gradient_parts
from gradcalc.algebra.shapes import Shape
from gradcalc.errors import ProblemError, did_you_mean, listed
from gradcalc.problem.document import Mapping
from gradcalc.problem.model import Problem, sized
from gradcalc.problem.naming import Index, Reference, is_hidden

LONGEST = 80
SHOWN = 40
SUGGESTIONS = 50
DIGITS = "0123456789"
LETTER_NAMES = ("answer", "answers", "option", "choice")

_LATEX = (
    (
        re.compile(
            r"\\[dt]?frac\s?\{([^{}]{1,40}(?:\{[^{}]{1,20}\}[^{}]{0,9})?)\}\s?"
            r"\{([^{}]{1,40}(?:\{[^{}]{1,20}\}[^{}]{0,9})?)\}"
        ),
        r"\1/\2",
    ),
    (re.compile(r"\\(?:mathbf|boldsymbol|mathrm|vec)\s?\{([^{}]{1,20})\}"), r"\1"),
    (re.compile(r"\\hat\s?\{?\s?(\w)\s?\}?"), r"\1hat"),
    (re.compile(r"\\partial\s?"), "d"),
    (re.compile(r"\\(delta|nabla)\s?"), r"\1"),
    (re.compile(r"\$|\\[,;!]"), ""),
)
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
class Labels:
    """What tells the problems of one run apart: `xor:z1` is z1 of the problem called xor.

    own: what this problem is called; others: the quantities of the other problems.
    """

    own: str
    others: Dict[str, Quantities] = field(default_factory=dict)

    @property
    def alone(self) -> Labels:
        """Return the same where the other problems cannot be meant."""
        return Labels(self.own)

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
    labels: Labels | None = field(default=None, compare=False, repr=False)
    _found: dict[str, Reference | str] = field(default_factory=dict, compare=False, repr=False)

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
        pairs = section.pairs if isinstance(section, Mapping) else ()
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
            found = self._found[text] = self._look_up(self.own(text) or "")
            if self.elsewhere(text):
                found = self._found[text] = f"{text} belongs to another problem"
        return found

    def own(self, text: str) -> str | None:
        """Return a name without the label of this problem, None for one of another problem."""
        if self.labels is None:
            return text
        label, rest = self.labels.parted(text)
        return rest if label in (None, self.labels.own) else None

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
        if not others or isinstance(self._look_up(text), str):
            return False
        raise ProblemError(
            f"{text} is a quantity of {listed([self.labels.own, *others])}",
            hint=f"write {self.labels.own}:{text} or {others[0]}:{text}",
        )

    def _look_up(self, text: str) -> Reference | str:
        if not text.strip():
            return "a name is missing"
        if len(text) <= LONGEST:
            for spelled in _spellings(text.strip(), self.losses[0]):
                found = self._read(spelled)
                if found is not None:
                    return self._fitted(found)
        return self._unknown(text)

    def _read(self, text: str) -> Reference | None:
        base, bracket, index = text.partition("[")
        delta = _DELTA.match(canonical(base.strip()))
        found = self.problem.names.read(text, self.known, self.problem.loss)
        if found is not None or delta is None:
            return found
        layers = {str(layer.number): layer.z for layer in self.problem.layers}
        z = layers.get(delta[1], f"z{delta[1]}")
        name = gradient_name(self.problem.loss, z)
        return self.problem.names.read(name + bracket + index, self.known, self.problem.loss)

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
        if len(self._found) > SUGGESTIONS or len(name) > SHOWN:
            return reason
        names = self.problem.names
        known = (*map(names.shown, self.problem.named), *self.known, *names.taken)
        near = did_you_mean(name, known) or _neighbour(name, known)
        return f"{reason}; did you mean {near}?" if near else reason

    def _references(self) -> frozenset[Reference]:
        return frozenset(map(Reference, self.known)) | frozenset(self.problem.names.taken.values())


def _spellings(text: str, loss: str) -> Iterator[str]:
    """Yield a name as it stands, then as gradcalc would write what it may mean."""
    yield text
    plain = text
    for pattern, by in (*(_LATEX if "\\" in text or "$" in text else ()), *_MARKS):
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
