"""Tell signs that group the digits of one number from signs between numbers."""

from __future__ import annotations

import re

from gradcalc.grading.written import read_written

_FIRST = r"(?<![\w.])([1-9]\d{0,2}"
_LAST = r"(?:[eE][+\-−]?\d+)?)(?![\w]|[.,]\d)"
_CANDIDATE = re.compile(r"[0-9][,'’ʼ\s]\s{0,9}[0-9]|\.[0-9]{3}\.")
_APART = re.compile(r"(?<=\d)['’ʼ\u2007\u2009\u202f](?=\d{3}(?!\d))", re.ASCII)
_SURE = re.compile(
    rf"{_FIRST}(?:,\d{{3}})+\.\d*(?:[eE][+\-−]?\d+)?)(?!\w|\.\d)|{_FIRST}(?:,\d{{3}}){{2,}}{_LAST}",
    re.ASCII,
)
_POINTS = re.compile(rf"{_FIRST}(?:\.\d{{3}})+,\d+{_LAST}", re.ASCII)
_MANY_POINTS = re.compile(rf"{_FIRST}(?:\.\d{{3}}){{2,}})(?![\w.])", re.ASCII)
_BLANKS = re.compile(rf"{_FIRST}(?:[ \u00a0]\d{{3}})+[.,]\d+{_LAST}", re.ASCII)
_PLAIN = re.compile(rf"{_FIRST},\d{{3}}{_LAST}", re.ASCII)
_NO_ENTRY = re.compile(r",0\d\d(?!\d)", re.ASCII)
_ENTRIES = re.compile(r"[^\s,;\[\](){}]+")
_TIGHT = re.compile(r"(?<=\d),(?=\d)", re.ASCII)
_BARE = re.compile(r"[\[({\s]*([+\-−]?\d[\d.,]*(?:[eE][+\-−]?\d+)?)[\])}\s]*\Z", re.ASCII)
_LOOSE = re.compile(r"[+\-−]?[1-9]\d{0,2}(?:(?:,\s+|[ \u00a0])\d{3})+(?:[.,]\d*)?\Z", re.ASCII)


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
    text = _MANY_POINTS.sub(lambda number: number[0].replace(".", ""), _APART.sub("", text))
    parted = len(_ENTRIES.findall(text))
    for change in (_commas, _points, _blanks):
        joined = change(text)
        if joined == text:
            continue
        odd = change is _commas and _NO_ENTRY.search(text) is not None
        whole = joined if change is _commas else _TIGHT.sub(".", joined)
        if odd or (parted != due and len(_ENTRIES.findall(whole)) == due):
            return joined
    if due == 1 and parted > 1:
        _check_one(text)
    return text


def _check_one(text: str) -> None:
    """Refuse signs in a single number that could mean one number or several."""
    bare = _BARE.match(text)
    if bare is not None and not _is_decimal(bare[1]):
        read_written(bare[1])
    if _LOOSE.match(text.strip()):
        raise ValueError(f"{text.strip()} may be one number or several: write it without blanks")


def _commas(text: str) -> str:
    """Return a text without commas in its long numbers; a sure one tells how others are meant."""
    joined = _SURE.sub(lambda number: number[0].replace(",", ""), text)
    if joined == text:
        return text
    return _PLAIN.sub(lambda number: number[0].replace(",", ""), joined)


def _points(text: str) -> str:
    return _POINTS.sub(lambda number: number[0].replace(".", ""), text)


def _blanks(text: str) -> str:
    return _BLANKS.sub(lambda number: "".join(number[0].split()), text)


def _is_decimal(word: str) -> bool:
    """Tell whether the only comma of a word can be a decimal one."""
    return word.count(",") == 1 and "." not in word
