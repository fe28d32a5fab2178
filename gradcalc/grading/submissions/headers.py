"""Find out what each column of a class's table is: an id, an entry, a whole quantity."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product

from gradcalc.errors import ProblemError, Source, Span, did_you_mean, listed, suggestion
from gradcalc.grading.answers.names import LETTER_NAMES, Quantities
from gradcalc.grading.submissions.block import Column
from gradcalc.problem.names import Reference
from gradcalc.problem.text.yaml_nodes import ScalarNode, parse_document

ROLES = ("id", "submitted_at", "name", "email")
MAX_ENTRIES = 20_000
SHOWN = 60

IDS = (
    "studentid",
    "sid",
    "sisuserid",
    "idnumber",
    "orgdefinedid",
    "matriculationnumber",
    "matrikelnummer",
    "studentnumber",
    "id",
    "sisloginid",
    "identifier",
    "username",
    "userid",
    "netid",
    "login",
    "student",
)
EMAILS = ("email", "emailaddress", "useremail", "mail")
STAMPS = (
    "submittedat",
    "timestamp",
    "submissiontime",
    "createdat",
    "submissiondate",
    "lastmodifiedsubmission",
    "completed",
    "submitted",
    "time",
)
NAMES = ("name", "fullname", "studentname", "student")
FEEDBACK = re.compile(r".*\[(?:score|feedback)\]\s*\Z", re.IGNORECASE | re.DOTALL)
_APART = re.compile(r"[\s_\-()]+")

SpanOfColumn = Callable[[int], Span | None]


@dataclass(frozen=True)
class Headers:
    """What each column of a table is, by its place from 0.

    entries: a column of one entry; wholes: a column that holds a whole quantity in each
    cell; parameters, whole_parameters: the same for the student's own data of the problem.
    ignored: the headers of all others; doubtful: those of them that could mean something
    that another column holds, and why.
    """

    id: int | None
    stamp: int | None = None
    name: int | None = None
    email: int | None = None
    entries: Mapping[int, Column] = field(default_factory=dict)
    wholes: Mapping[int, str] = field(default_factory=dict)
    parameters: Mapping[int, Column] = field(default_factory=dict)
    whole_parameters: Mapping[int, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    doubtful: Mapping[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> tuple[int, ...]:
        """Return the columns that hold quantities."""
        return (*self.entries, *self.wholes, *self.parameters, *self.whole_parameters)

    @property
    def known(self) -> bool:
        """Tell whether any column is a quantity."""
        return bool(self.entries or self.wholes)


def folded(header: str) -> str:
    """Return a header as it is compared with known ones: `Student ID` is `studentid`."""
    return _APART.sub("", header.strip().strip("#\ufeff").casefold())


def read_headers(
    names: Sequence[str],
    quantities: Quantities,
    mapping: Mapping[str, str] | None = None,
    *,
    place: SpanOfColumn = lambda _: None,
) -> Headers:
    """Return what the columns of a table are.

    mapping: quantity, or one of `id`, `submitted_at`, `name`, `email`, → the header, in
    which * stands for anything. place: where a column's header stands. Raises
    ProblemError where a quantity stands twice, no column holds ids, or none a quantity.
    """
    reader = _HeaderReader([name.strip() for name in names], quantities, place)
    for quantity, pattern in (mapping or {}).items():
        reader.map(quantity, pattern)
    reader.find_roles()
    reader.find_quantities()
    found = reader.headers()
    if not found.known:
        raise _nothing_known(reader)
    if found.id is None:
        raise ProblemError(
            "no column holds the students' ids",
            place(0),
            "the columns of this table",
            "name one of them student_id, or say which it is: --columns with id: <its header>",
        )
    return found


class _HeaderReader:
    """Gives every column one meaning at most."""

    def __init__(self, names: Sequence[str], quantities: Quantities, place: SpanOfColumn) -> None:
        self.names, self.quantities, self.place = names, quantities, place
        self.roles: dict[str, int] = {}
        self.taken: dict[int, Reference | None] = {}
        self.claimed: dict[Column, int] = {}
        self.entries: dict[int, Column] = {}
        self.wholes: dict[int, str] = {}
        self.doubtful: dict[str, str] = {}

    def map(self, quantity: str, pattern: str) -> None:
        """Give a quantity the column whose header fits a pattern."""
        found = self.matching(pattern)
        if not found:
            near = did_you_mean(pattern, self.names)
            raise ProblemError(
                f"no column fits {pattern}, which stands for {quantity}",
                self.place(0),
                hint=f"did you mean {near[:SHOWN]}?" if near else f"columns: {_listed(self.names)}",
            )
        if len(found) > 1:
            both = ", ".join(self.names[at][:SHOWN] for at in found[:4])
            raise ProblemError(
                f"{pattern}, which stands for {quantity}, fits {len(found)} columns: {both}",
                self.place(found[1]),
                hint="write more of the header",
            )
        (at,) = found
        if quantity in ROLES:
            self.roles[quantity] = at
            self.taken[at] = None
            return
        reference = self.quantities.find(quantity)
        if isinstance(reference, str):
            raise ProblemError(reference, self.place(at))
        self.claim(at, reference)

    def matching(self, pattern: str) -> list[int]:
        """Return the columns whose header is a text, else those that fit it as a pattern."""
        wanted = pattern.strip().casefold()
        headers = [name.casefold() for name in self.names]
        exact = [at for at, header in enumerate(headers) if header == wanted]
        return exact or [
            at
            for at, header in enumerate(headers)
            if fnmatchcase(header, wanted) and not FEEDBACK.match(header)
        ]

    def find_roles(self) -> None:
        """Find the columns of ids, times, names and addresses."""
        plain = [folded(name) for name in self.names]
        for role, aliases in (("id", IDS), ("email", EMAILS), ("submitted_at", STAMPS)):
            if role not in self.roles:
                self.take_role(role, aliases, plain)
        if "name" not in self.roles:
            self.take_role("name", NAMES, plain)
        if "id" not in self.roles and "email" in self.roles:
            self.roles["id"] = self.roles["email"]

    def take_role(self, role: str, aliases: Iterable[str], plain: Sequence[str]) -> None:
        for alias in aliases:
            found = [at for at, name in enumerate(plain) if name == alias and at not in self.taken]
            if len(found) > 1:
                raise ProblemError(
                    f"two columns are called {self.names[found[1]][:SHOWN]}",
                    self.place(found[1]),
                    hint="rename one of them",
                )
            if found:
                self.roles[role] = found[0]
                self.taken[found[0]] = None
                return

    def find_quantities(self) -> None:
        """Find the columns that are quantities or entries of them.

        A header that is only nearly a name counts where nothing else could be meant.
        """
        guesses: dict[Reference, list[int]] = {}
        for at, name in enumerate(self.names):
            if at in self.taken or not name or FEEDBACK.match(name):
                continue
            found = self.quantities.find(name)
            if isinstance(found, Reference):
                if self.quantities.guessed(name):
                    guesses.setdefault(found, []).append(at)
                else:
                    self.claim(at, found)
            elif (self.quantities.own(name) or "").casefold() in LETTER_NAMES and (
                asked := self.asked()
            ):
                self.claim(at, asked)

        for reference, places in guesses.items():
            shape = self.shape(reference)
            columns = entries_of(reference, shape) if shape is not None else []
            rivals = [self.claimed[each] for each in columns if each in self.claimed]
            rivals += places[1:]
            if not rivals:
                self.claim(places[0], reference)
                continue
            for at in places:
                other = self.names[next(each for each in (*rivals, places[0]) if each != at)]
                self.doubtful[self.names[at]] = (
                    f"not read: {self.names[at][:SHOWN]} could mean {reference}, as {other[:SHOWN]}"
                )

    def asked(self) -> Reference | None:
        """Return the one quantity that the problem's options are values of."""
        problem = self.quantities.problem
        return problem.find[0] if self.quantities.options and len(problem.find) == 1 else None

    def claim(self, at: int, reference: Reference) -> None:
        """Give a column to a quantity; raises ProblemError where it has one."""
        shape = self.shape(reference)
        if shape is None:
            return
        columns = entries_of(reference, shape)
        for column in columns:
            if column in self.claimed:
                first = self.claimed[column]
                raise ProblemError(
                    f"{column} stands in two columns, {first + 1} and {at + 1}",
                    self.place(at),
                    f"column {first + 1} is {self.names[first][:SHOWN]}",
                    "remove one of them",
                )
            self.claimed[column] = at
        self.taken[at] = reference
        if len(columns) == 1:
            self.entries[at] = columns[0]
        else:
            self.wholes[at] = reference.name

    def shape(self, reference: Reference) -> tuple[int, ...] | None:
        """Return the shape of a quantity, None where its size is a letter or too large."""
        shape = self.quantities.problem.visible.shapes[reference.name]
        if not all(isinstance(dim, int) for dim in shape):
            return None
        whole = tuple(int(dim) for dim in shape)
        count = 1
        for dim in whole:
            count *= dim
        return whole if count <= MAX_ENTRIES or reference.index is not None else None

    def headers(self) -> Headers:
        """Return what was found."""
        data = self.quantities.problem.data
        own = {at: column for at, column in self.entries.items() if column.name in data}
        own_wholes = {at: name for at, name in self.wholes.items() if name in data}
        known = {*self.taken, *self.roles.values()}
        return Headers(
            self.roles.get("id"),
            self.roles.get("submitted_at"),
            self.roles.get("name"),
            self.roles.get("email"),
            {at: column for at, column in self.entries.items() if at not in own},
            {at: name for at, name in self.wholes.items() if at not in own_wholes},
            own,
            own_wholes,
            tuple(name for at, name in enumerate(self.names) if at not in known),
            self.doubtful,
        )


def entries_of(reference: Reference, shape: Sequence[int]) -> list[Column]:
    """Return the entries of a quantity of a shape, in row order, or the one that is named."""
    if reference.index is not None:
        return [Column(reference.name, reference.index)]
    return [Column(reference.name, at) for at in product(*map(range, shape))]


def _nothing_known(reader: _HeaderReader) -> ProblemError:
    quantities = reader.quantities
    reasons = [str(quantities.find(name)) for name in reader.names if name]
    near = next((reason for reason in reasons if "did you mean" in reason), None)
    return ProblemError(
        "no column is a quantity of this problem",
        reader.place(0),
        "the columns of this table",
        near or f"name columns as the quantities are: {_listed(sorted(quantities.known))}",
    )


def _listed(names: Iterable[str]) -> str:
    return listed([name[:SHOWN] for name in names])


def near_miss(header: str, quantities: Quantities) -> str | None:
    """Return why a header is no quantity, where one was most likely meant."""
    reason = quantities.find(header)
    if isinstance(reason, str) and ("did you mean" in reason or "has no entry" in reason):
        return reason
    return None


def read_columns_file(source: Source, quantities: Quantities) -> dict[str, str]:
    """Return the header of each quantity, as a file of `--columns` has them.

    Raises ProblemError at a name that is no quantity, and at what is no header.
    """
    found: dict[str, str] = {}
    for key, value in parse_document(source).pairs:
        name = key.text.strip()
        if name not in ROLES and quantities.own(name) is None:
            continue
        if name not in ROLES and isinstance(reason := quantities.find(name), str):
            raise ProblemError(
                reason,
                key.span,
                hint=suggestion(name, (*ROLES, *quantities.known), 'dL/dyhat: "Q3*"'),
            )
        if not isinstance(value, ScalarNode) or value.empty:
            raise ProblemError(f"a header is due for {name}", value.span, hint='dL/dyhat: "Q3*"')
        found[name] = value.text.strip()
    return found
