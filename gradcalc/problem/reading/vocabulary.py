"""Read the author's names, and find what the names in other keys mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from gradcalc.algebra.formula.names import canonical, gradient_name, gradient_parts, is_name
from gradcalc.algebra.formula.shapes import Index, Shape, describe
from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.problem.model import sized
from gradcalc.problem.names import Lexicon, Names, Reference, is_hidden
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

_FROM_ZERO = re.compile(r"\[\s*(?:\d+\s*,\s*)?0\s*[,\]]")


@dataclass(frozen=True)
class Vocabulary:
    """Every name that the keys of a file can use, once both passes are known."""

    names: Names
    shapes: Mapping[str, Shape]
    loss: str

    @cached_property
    def lexicon(self) -> Lexicon:
        """Return what reads a name."""
        return Lexicon(self.names, self.shapes, self.loss)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Return our names, those of hidden lines left out."""
        return tuple(name for name in self.shapes if not is_hidden(name))

    @property
    def offered(self) -> tuple[str, ...]:
        """Return our names that a hint may offer: not dL/dL, which is 1."""
        own = gradient_name(self.loss, self.loss)
        return tuple(name for name in self.known if name != own)

    def read(self, node: ScalarNode, *, more: Iterable[str] = ()) -> Reference:
        """Return what a text of the file names.

        more: further words that may have been meant. Raises ProblemError for a name that
        names nothing, and for an entry that is not there.
        """
        text = node.text.strip()
        found = self.lexicon.read(text)
        if found is None:
            raise self._unknown(node, more)
        shape = self.shapes[found.name]
        if found.index is not None and not _has_entry(shape, found.index):
            raise ProblemError(
                f"{found.name} has no such entry: {sized('it', shape)}",
                node.span,
                hint=_entry_hint(found.name, shape),
            )
        return found

    def _unknown(self, node: ScalarNode, more: Iterable[str]) -> ProblemError:
        """Return the error for a text that names nothing, with what was meant."""
        name = canonical(node.text.partition("[")[0].strip())
        of = (gradient_parts(name) or ("", ""))[0]
        taken = self.names.taken
        ours = taken[of].name if of in taken else of
        if ours in self.shapes and ours != self.loss:
            return ProblemError(
                f"{node.text.strip()} is no line of this solution",
                node.span,
                hint=f"derivatives of {self.names.shown(self.loss)} are worked out; ask for"
                f" those of {of} in a problem of their own",
            )
        return unknown(node, (*self.offered, *taken, *more), taken.get(name))

    def whole(self, node: ScalarNode, *, more: Iterable[str] = ()) -> str:
        """Return the quantity that a text names; raises ProblemError for a single entry."""
        found = self.read(node, more=more)
        if found.index is not None:
            raise ProblemError(
                f"{node.text.strip()} is one entry of {found.name}",
                node.span,
                hint=f"name all of {found.name}",
            )
        return found.name

    def shape(self, reference: Reference) -> Shape:
        """Return the shape of a quantity, or of one entry."""
        return () if reference.index is not None else self.shapes[reference.name]


def unknown(node: ScalarNode, known: Iterable[str], taken: Reference | None = None) -> ProblemError:
    """Return the error for a text that names no value."""
    text, candidates = node.text.strip(), tuple(dict.fromkeys(known))
    if node.empty or not text:
        return ProblemError("a name is missing here", node.span)
    if _FROM_ZERO.search(text):
        return ProblemError(
            f"{text} names no value of this problem", node.span, hint="entries are counted from 1"
        )
    if text[0] == "-" and not node.quoted:
        return ProblemError(
            f"{text} names no value of this problem",
            node.span,
            hint="a blank is due after the - of a list",
        )
    return ProblemError(
        f"{text} names no value of this problem",
        node.span,
        hint=f"{text.partition('[')[0]} is {taken} in this file"
        if taken
        else suggestion(text, candidates, "known are " + listed(candidates)),
    )


def _entry_hint(name: str, shape: Shape) -> str:
    if not shape:
        return f"write {name} alone"
    return f"the first entry is {name}[{','.join('1' for _ in shape)}]"


def _has_entry(shape: Shape, index: Index) -> bool:
    return len(index) == len(shape) and all(
        isinstance(dim, str) or i < dim for i, dim in zip(index, shape, strict=True)
    )


def read_names(section: MappingNode | None, shapes: Mapping[str, Shape]) -> Names:
    """Return the author's names; a list names the entries of a quantity.

    Raises ProblemError for a name that is none, stands for two things, or is also the
    name of a quantity that keeps its own.
    """
    whole: dict[str, str] = {}
    entries: dict[tuple[str, Index], str] = {}
    known = [name for name in shapes if not is_hidden(name)]
    taken: dict[str, str] = {}
    for key, value in section.pairs if section else ():
        name = canonical(key.text.strip())
        if name not in known:
            raise unknown(key, known)
        _check_extent(name, value, shapes[name])
        for index, leaf in _leaves(value):
            text = _author_name(leaf)
            if text in taken:
                raise ProblemError(
                    f"{leaf.text} names two things",
                    leaf.span,
                    f"{taken[text]} has this name already",
                )
            taken[text] = name
            if index:
                entries[name, index] = text
            else:
                whole[name] = text
    for key, value in section.pairs if section else ():
        text = canonical(value.text.strip()) if isinstance(value, ScalarNode) else ""
        if text in known and text not in whole and text != canonical(key.text.strip()):
            raise ProblemError(
                f"{text} is a value of this problem already",
                value.span,
                hint=f"give {text} another name too, as in {{{text}: …}}",
            )
    return Names(whole, entries)


def _author_name(leaf: ScalarNode) -> str:
    text = canonical(leaf.text.strip())
    if not is_name(text) or text.startswith("_"):
        raise ProblemError(
            f"{leaf.text or 'an empty text'} is not a name",
            leaf.span,
            hint="a name is a letter, then letters, digits and _",
        )
    return text


def _leaves(value: Value, index: Index = ()) -> Iterator[tuple[Index, ScalarNode]]:
    """Yield each name with the index of its entry."""
    if isinstance(value, ScalarNode):
        yield index, value
    elif isinstance(value, SequenceNode):
        for i, item in enumerate(value.items):
            yield from _leaves(item, (*index, i))


def _check_extent(name: str, value: Value, shape: Shape) -> None:
    """Check that a list of names has as many entries as the quantity."""
    if isinstance(value, ScalarNode):
        return
    found = _extent(name, value)
    if found != shape:
        raise ProblemError(
            f"{sized(name, shape)}, named are {describe(found)}",
            value.span,
            hint="one name an entry, in rows as the numbers are",
        )


def _extent(name: str, value: Value) -> Shape:
    if isinstance(value, ScalarNode):
        return ()
    if isinstance(value, MappingNode) or not value.items:
        raise ProblemError("a name, or a list of names, is due", value.span)
    rows = [_extent(name, item) for item in value.items]
    if any(row != rows[0] for row in rows):
        raise ProblemError(f"{name}: the rows of names differ in length", value.span)
    return (len(rows), *rows[0])
