"""Tell signs that group the digits of one number from signs between numbers."""

from __future__ import annotations

import re

from gradcalc.grading.written import read_written

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
