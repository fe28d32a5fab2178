"""Read the times at which forms and platforms say that something was handed in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

NO_TIME = float("nan")

_SLASHED = re.compile(
    r"(\d{1,4})[/.](\d{1,2})[/.](\d{1,4})[ ,T]{0,3}"
    r"(?:(\d{1,2}):(\d{2})(?::(\d{2}))?\s?([AP]\.?M\.?)?)?"
    r"(?:\s?(?:GMT|UTC|Z)?([+-]\d{1,2})?(?::?(\d{2}))?)?\s*\Z",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = re.compile(r"\d{9,13}(?:\.\d{1,9})?\Z", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_OFFSET = re.compile(r"\s?([+-]\d{2}):?(\d{2})\Z")


class Stamp(NamedTuple):
    """Seconds since 1970, read with the month first and with the day first; nan for none."""

    month_first: float = NO_TIME
    day_first: float = NO_TIME


def read_time(text: str) -> Stamp:
    """Return when a text says that something was handed in; without an offset, UTC is meant.

    >>> read_time("2024/12/22 11:49:31 AM GMT+8").month_first
    1734839371.0
    >>> read_time("5/10/2026 09:15:00").month_first < read_time("6/9/2026 09:15").month_first
    True
    """
    text = text.strip()
    if len(text) > 60:
        return Stamp()
    try:
        if _EPOCH.match(text):
            seconds = float(text)
            seconds = seconds / 1000 if seconds > 1e11 else seconds
            return Stamp(seconds, seconds)
        if _ISO.match(text):
            found = _seconds(datetime.fromisoformat(_iso(text)))
            return Stamp(found, found)
    except (ValueError, OverflowError):
        return Stamp()
    return _slashed(text)


def _iso(text: str) -> str:
    """Return ISO 8601 as Python reads it: `2026-01-02 03:04:05 UTC`, ` +0100`."""
    text = text.removesuffix("UTC").removesuffix("Z").rstrip()
    return _OFFSET.sub(r"\1:\2", text) if ":" in text else text


def _seconds(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _slashed(text: str) -> Stamp:
    """Return the time of a date with slashes or points."""
    match = _SLASHED.match(text)
    if match is None:
        return Stamp()
    first, second, third = (int(match[at]) for at in (1, 2, 3))
    hour, minute, second_of = (int(match[at] or 0) for at in (4, 5, 6))
    half = (match[7] or "").upper().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half == "PM" else 0)
    ahead = int(match[8] or 0)
    minutes = int(match[9] or 0) * (-1 if ahead < 0 else 1)

    def at(year: int, month: int, day: int) -> float:
        try:
            zone = timezone(timedelta(hours=ahead, minutes=minutes))
            return _seconds(datetime(year, month, day, hour, minute, second_of, tzinfo=zone))
        except (ValueError, OverflowError):
            return NO_TIME

    if len(match[1]) == 4:
        found = at(first, second, third)
        return Stamp(found, found)
    if "." in text[:3]:  # 24.12.2026: the day comes first
        return Stamp(at(third, second, first), at(third, second, first))
    return Stamp(at(third, first, second), at(third, second, first))
