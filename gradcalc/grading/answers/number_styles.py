"""Read a number, a vector or a matrix in any style: decimal commas, NumPy, MATLAB, LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from gradcalc.grading.answers.written import Written, read_written

_FIRST = r"(?<![\w.])([1-9]\d{0,2}"
_LAST = r"(?:[eE][+\-−]?\d+)?)(?![\w]|[.,]\d)"
_CANDIDATE = re.compile(r"[0-9][,'’ʼ\s]\s{0,9}[0-9]|\.[0-9]{3}\.")
# Looked for in few answers, and compiled when the first of them comes.
_APART = r"(?a)(?<=\d)['’ʼ\u2007\u2009\u202f](?=\d{3}(?!\d))"
_SURE = (
    rf"(?a){_FIRST}(?:,\d{{3}})+\.\d*(?:[eE][+\-−]?\d+)?)(?!\w|\.\d)"
    rf"|{_FIRST}(?:,\d{{3}}){{2,}}{_LAST}"
)
_POINTS = rf"(?a){_FIRST}(?:\.\d{{3}})+,\d+{_LAST}"
_MANY_POINTS = rf"(?a){_FIRST}(?:\.\d{{3}}){{2,}})(?![\w.])"
_BLANKS = rf"(?a){_FIRST}(?:[ \u00a0]\d{{3}})+[.,]\d+{_LAST}"
_PLAIN = rf"(?a){_FIRST},\d{{3}}{_LAST}"
_NO_ENTRY = r"(?a),0\d\d(?!\d)"
_ENTRIES = r"[^\s,;\[\](){}]+"
_TIGHT = r"(?a)(?<=\d),(?=\d)"
_BARE = r"(?a)[\[({\s]*([+\-−]?\d[\d.,]*(?:[eE][+\-−]?\d+)?)[\])}\s]*\Z"
_LOOSE = r"(?a)[+\-−]?[1-9]\d{0,2}(?:(?:,\s+|[ \u00a0])\d{3})+(?:[.,]\d*)?\Z"

_CALL = re.compile(r"(?:[A-Za-z]{1,20}\.){0,2}(?:as)?(?:array|tensor|matrix|mat|Matrix)\s{0,9}\(")
_SETTING = re.compile(r",\s{0,40}[a-z_]{1,20}\s{0,9}=")
_ENVIRONMENT = re.compile(
    r"\\(begin|end)\s{0,9}\{([bBpvV]?matrix|smallmatrix|array)\*?\}(?:\{[lcr| ]{0,40}\})?"
)
_TRANSPOSED = re.compile(r"(?:'|′|ᵀ|\.T|\.t\(\)|\^\s{0,9}\{?\s{0,9}(?:T|⊤|\\top)\s{0,9}\}?)\Z")
_FRACTION = re.compile(
    r"\\[dt]?frac\s{0,9}\{\s{0,9}(\d{1,30})\s{0,9}\}\s{0,9}\{\s{0,9}(\d{1,30})\s{0,9}\}"
)
_SPACING = re.compile(r"\\(?:left|right|quad|qquad|[,;:! ])(?![A-Za-z])|\$")
_POWER = re.compile(
    r"(?<=[\d.])\s{0,9}(?:[*·×x⋅∙]|\\cdot|\\times)\s{0,9}10\s{0,9}(?:\^|\*\*)"
    r"\s{0,9}[({]?\s{0,9}([-+−]?\d{1,9})(?:\s{0,9}[)}])?",
    re.ASCII,
)
_RAISED = re.compile(r"(?<=[\d.])\s{0,9}([·×⋅∙*x])\s{0,9}(?=10[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹])", re.ASCII)
_SLASH = re.compile(r"(?<=\d)\s{0,9}/\s{0,9}(?=\d)", re.ASCII)
_TIGHT_ARRAY = re.compile(r"(?<=\d),(?=\d)", re.ASCII)
_LOOSE_ARRAY = re.compile(r"(?<!\d),|,(?!\d)", re.ASCII)
_FRAMED = re.compile(r"[\[\](){}]")
_SURE_ARRAY = re.compile(r"[+\-−–]?0,\d|[^,]{0,40},0\d", re.ASCII)
_ALONE = re.compile(r"[\[({]\s{0,9}[^\s;\[\](){}]{1,99}\s{0,9}[\])}]")
DECIMAL_COMMA = "\x01"  # stands for a decimal comma where other commas part entries

MAX_ENTRIES = 100_000
MAX_DEPTH = 8

_TOKEN = re.compile(r"[\[\](){},;\n]|[^\s\[\](){},;]+")
_CLOSING = {"[": "]", "(": ")", "{": "}", "": ""}
_BLANK = re.compile(r"(?:_{1,40}|\?{1,40}|[-−–—])\Z")
_PRODUCT = re.compile(r"[\d.)]\(|\)[\d.]", re.ASCII)

WrittenRow: TypeAlias = tuple[Written | None, ...]


def ungrouped(text: str, due: int | None) -> str:
    """Return a text without the signs that group digits: `1,028.5` becomes `1028.5`.

    due: how many entries are expected. A comma, point or blank groups where the entries
    are then as many as are due, and are not without. Raises ValueError where one number is
    due and its commas and points fit no number.

    >>> ungrouped("1,028.5", 1), ungrouped("1.028,5 2", 2), ungrouped("[1,250.5, 2]", 3)
    ('1028.5', '1028,5 2', '[1,250.5, 2]')
    """
    if not _CANDIDATE.search(text):
        return text
    text = re.sub(_MANY_POINTS, lambda number: number[0].replace(".", ""), re.sub(_APART, "", text))
    parted = len(re.findall(_ENTRIES, text))
    for change in (_commas, _points, _blanks):
        joined = change(text)
        if joined == text:
            continue
        odd = change is _commas and re.search(_NO_ENTRY, text) is not None
        whole = joined if change is _commas else re.sub(_TIGHT, ".", joined)
        if odd or (parted != due and len(re.findall(_ENTRIES, whole)) == due):
            return joined
    if due == 1 and parted > 1:
        _check_one(text)
    return text


def _check_one(text: str) -> None:
    """Refuse signs in a single number that could mean one number or several."""
    bare = re.match(_BARE, text)
    if bare is not None and not _is_decimal(bare[1]):
        read_written(bare[1])
    if re.match(_LOOSE, text.strip()):
        raise ValueError(f"{text.strip()} may be one number or several: write it without blanks")


def _commas(text: str) -> str:
    """Return a text without commas in its long numbers; a sure one tells how others are meant."""
    joined = re.sub(_SURE, lambda number: number[0].replace(",", ""), text)
    if joined == text:
        return text
    return re.sub(_PLAIN, lambda number: number[0].replace(",", ""), joined)


def _points(text: str) -> str:
    return re.sub(_POINTS, lambda number: number[0].replace(".", ""), text)


def _blanks(text: str) -> str:
    return re.sub(_BLANKS, lambda number: "".join(number[0].split()), text)


def _is_decimal(word: str) -> bool:
    """Tell whether the only comma of a word can be a decimal one."""
    return word.count(",") == 1 and "." not in word


def plain_style(text: str) -> tuple[str, bool]:
    """Return the text with brackets, commas, semicolons and tight numbers only.

    The second value tells whether it stood transposed.
    """
    body, flipped = _without_transposes(text.strip())
    if "\\" in body or "$" in body or "&" in body:
        body, flipped = _without_transposes(_from_latex(body), flipped)
    call = _CALL.match(body)
    if call and body.endswith(")"):
        body = body[call.end() : -1]
        setting = _SETTING.search(body)
        body = body[: setting.start()] if setting else body
        body = body.strip().removesuffix(",")
    body = _POWER.sub(r"*10^\1", body)
    body = _RAISED.sub(r"\1", body)
    return _SLASH.sub("/", body), flipped


def _without_transposes(text: str, flipped: bool = False) -> tuple[str, bool]:
    """Return the text without the transposes behind its last bracket."""
    while match := _TRANSPOSED.search(text[-16:]):
        before = text[: len(text) - (min(16, len(text)) - match.start())].rstrip()
        if before[-1:] not in ("]", ")", "}"):
            break
        text, flipped = before, not flipped
    return text, flipped


def _from_latex(text: str) -> str:
    """Return LaTeX's matrix as `[1, 2; 3, 4]`."""
    text = _ENVIRONMENT.sub(lambda match: "[" if match[1] == "begin" else "]", text)
    text = text.replace("\\\\", ";").replace("&", ",")
    text = _SPACING.sub(" ", _FRACTION.sub(r"\1/\2", text))
    return text.strip()


def with_commas_told(text: str, due: int | None) -> str:
    """Return the text with its decimal commas marked, so that other commas part entries."""
    if not _TIGHT_ARRAY.search(text):
        return text
    words = _FRAMED.sub(" ", _LOOSE_ARRAY.sub(" ", text)).replace(";", " ").split()
    return _TIGHT_ARRAY.sub(DECIMAL_COMMA, text) if _decimal_commas(text, words, due) else text


def _decimal_commas(text: str, words: list[str], due: int | None) -> bool:
    """Tell whether the commas between digits are decimal commas.

    Raises ValueError where both readings are as good.
    """
    commas = [word.count(",") for word in words]
    if "." in text or "/" in text or max(commas) > 1:
        return False
    whole, parted = len(words), len(words) + sum(commas)
    if any(_SURE_ARRAY.match(word) for word in words) or whole == due != parted:
        return True
    if parted == due:
        return False
    if len(words) == 1:
        if due is None and not _FRAMED.search(text):
            raise ValueError(f"{text.strip()} is one number with a decimal comma, or two numbers")
        return False
    loose = sum(commas) < text.count(",")
    if loose and all(commas) and _ALONE.search(text):
        return False
    if loose or (";" in text and _FRAMED.search(text)):
        raise ValueError("decimal commas, or commas between entries? write a decimal point")
    return True


@dataclass(frozen=True)
class Cells:
    """Numbers as they were written, in rows; None is a blank.

    shape: () for one number without brackets, (n,) for one row, (m, n) for several.
    """

    rows: tuple[WrittenRow, ...]
    shape: tuple[int, ...]


def read_cells(text: str, due: int | None = None) -> Cells:
    """Return the numbers that a text spells, brackets or not, commas or blanks.

    due: how many entries are expected, which tells a decimal comma from one between
    entries. Raises ValueError with the reason for all that is not numbers in rows.

    >>> read_cells("[0.1; 0.2]").shape, read_cells("1,5", due=1).rows[0][0].value
    ((2, 1), 1.5)
    """
    body, flipped = plain_style(text)
    if _PRODUCT.search(body):
        raise ValueError("a formula")
    body = with_commas_told(ungrouped(body, due), due)
    group = _unwrapped(_read_group(_Tokens(body), due))
    rows, shape = _laid_out(group)
    if len(set(map(len, rows))) > 1:
        counts = ", ".join(str(len(row)) for row in rows[:6])
        raise ValueError(f"the rows differ in length: {counts}")
    if flipped and shape:
        rows, shape = tuple(zip(*rows, strict=True)), (len(rows[0]), len(rows))
    return Cells(rows, shape)


@dataclass
class _Group:
    """What stands between two brackets: rows of numbers and of further groups."""

    opened: str
    rows: list[list[_Item]] = field(default_factory=lambda: [[]])
    soft: bool = False  # nothing but a line's end parts the rows


_Item: TypeAlias = "Written | _Group | None"


class _Tokens:
    """The words of a text, one looked ahead, numbers counted."""

    def __init__(self, text: str) -> None:
        self._words: Iterator[str] = (match[0] for match in _TOKEN.finditer(text.strip()))
        self.next = next(self._words, "")
        self.count = 0

    def take(self) -> str:
        """Return the next word and go on."""
        word, self.next = self.next, next(self._words, "")
        return word

    def counted(self) -> None:
        """Count one entry; raises ValueError above the bound."""
        self.count += 1
        if self.count > MAX_ENTRIES:
            raise ValueError(f"more than {MAX_ENTRIES} numbers")

    def blank(self) -> _Item:
        """Count and return one blank."""
        self.counted()
        return None


def _read_group(tokens: _Tokens, due: int | None, opened: str = "", depth: int = 0) -> _Group:
    """Return what stands up to the closing bracket."""
    if depth > MAX_DEPTH:
        raise ValueError(f"brackets nested more than {MAX_DEPTH} deep")
    group = _Group(opened)
    hard, before = False, opened or "\n"
    while tokens.next and tokens.next not in "])}":
        word = tokens.take()
        row = group.rows[-1]
        if word == "\n":
            if row and before not in (",", "\n"):
                group.rows.append([])
                before = word
            continue
        if word == ";":
            _end_row(group, tokens, before)
            hard = True
        elif word == ",":
            if before in (",", ";", "\n", opened):
                row.append(tokens.blank())
        elif word in _CLOSING:
            row.append(_read_group(tokens, due, word, depth + 1))
        else:
            row.append(_entry(word, before, tokens, due))
        before = word if word in ",;" else "x"
    _close(tokens, opened)
    _finish(group, tokens, before, due)
    group.soft = not hard
    return group


def _end_row(group: _Group, tokens: _Tokens, before: str) -> None:
    """Begin a row after a semicolon; nothing between two of them is a blank."""
    if before == ",":
        group.rows[-1].append(tokens.blank())
    if not group.rows[-1]:
        if before == "\n":
            return
        group.rows[-1].append(tokens.blank())
    group.rows.append([])


def _close(tokens: _Tokens, opened: str) -> None:
    closing = tokens.take()
    if closing != _CLOSING[opened]:
        if not closing:
            raise ValueError(f"the bracket {opened} is never closed")
        raise ValueError(f"the bracket {closing} closes nothing")


def _finish(group: _Group, tokens: _Tokens, before: str, due: int | None) -> None:
    """Take a last comma for a blank where an entry is due there; drop an empty last row."""
    row = group.rows[-1]
    if before == "," and (not group.opened if due is None else tokens.count < due):
        row.append(tokens.blank())
    if not row and len(group.rows) > 1:
        group.rows.pop()


def _entry(word: str, before: str, tokens: _Tokens, due: int | None) -> Written | None:
    """Return the number or the blank that a word is."""
    tokens.counted()
    if _BLANK.match(word):
        if word in "-−–—" and before == "x" and tokens.next[:1] in ("(", "[", "{"):
            raise ValueError("a formula")  # (0.5) - (0.2)
        if word in "-−–—" and tokens.next and tokens.next[:1] not in "[](){},;\n_?-−–—":
            if before == "x":
                raise ValueError("a formula")
            if due == 1:
                return read_written("-" + tokens.take())
            raise ValueError("a lone - before a number: write -2 for minus 2, _ for a blank")
        return None
    if word in ("+", "*", "/", "·", "×", "^", "@", "⊙"):
        raise ValueError("a formula")
    comma = DECIMAL_COMMA in word
    return read_written(word.replace(DECIMAL_COMMA, ","), comma=comma)


def _unwrapped(group: _Group) -> _Group:
    """Return the innermost group that holds everything: `((1, 2))` is `(1, 2)`."""
    while len(group.rows) == 1 and len(group.rows[0]) == 1:
        (only,) = group.rows[0]
        if not isinstance(only, _Group):
            break
        if only.opened == "[" and len(only.rows) == len(only.rows[0]) == 1:
            (inner,) = only.rows[0]
            if isinstance(inner, _Group) and _is_row(inner):
                return only  # `[[1, 2]]` is a matrix of one row
        group = only
    return group


def _is_row(group: _Group) -> bool:
    """Tell whether a group is a row of numbers, and no matrix of its own."""
    rows = 1 if group.soft else len(group.rows)
    return rows == 1 and not any(isinstance(part, _Group) for row in group.rows for part in row)


def _laid_out(group: _Group) -> tuple[tuple[WrittenRow, ...], tuple[int, ...]]:
    """Return the rows of a group and their shape."""
    items = [item for row in group.rows for item in row]
    groups = [item for item in items if isinstance(item, _Group)]
    if not items:
        if group.opened:
            raise ValueError("nothing stands in the brackets")
        return ((None,),), ()
    if groups and all(_single(item) is None for item in groups):
        if len(groups) < len(items):
            raise ValueError("numbers and lists are mixed")
        rows = tuple(_one_row(item) for item in groups)
        return rows, (len(rows), len(rows[0]))
    rows = tuple(tuple(_leaf(item) for item in row) for row in group.rows)
    if group.soft and len(set(map(len, rows))) > 1:
        rows = (tuple(cell for row in rows for cell in row),)
    if len(rows) > 1:
        return rows, (len(rows), len(rows[0]))
    bare = len(rows[0]) == 1 and group.opened in ("", "(")
    return rows, () if bare else (len(rows[0]),)


def _single(group: _Group) -> Written | None:
    """Return the number of `(0.1)`, a number in parentheses, or None."""
    if group.opened == "(" and len(group.rows) == 1 and len(group.rows[0]) == 1:
        (only,) = group.rows[0]
        return only if isinstance(only, Written) else None
    return None


def _leaf(item: _Item) -> Written | None:
    if not isinstance(item, _Group):
        return item
    number = _single(item)
    if number is None:
        raise ValueError("numbers and lists are mixed")
    return number


def _one_row(group: _Group) -> WrittenRow:
    """Return the numbers of one row of a matrix."""
    if len(group.rows) > 1 and not group.soft:
        raise ValueError("brackets nested deeper than the rows of a matrix")
    row: list[Written | None] = []
    for item in (item for part in group.rows for item in part):
        if isinstance(item, _Group) and _single(item) is None:
            raise ValueError("brackets nested deeper than the rows of a matrix")
        row.append(_leaf(item))
    if not row:
        raise ValueError("nothing stands in the brackets")
    return tuple(row)
