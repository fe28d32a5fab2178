"""The files of a folder, an archive or a download, and which student each belongs to."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import IO

import yaml

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.submissions.column_layout import tidy_id
from gradcalc.grading.submissions.streams import STDIN, Origin, pieces
from gradcalc.problem.text.source import MAX_BYTES, is_folder
from gradcalc.problem.text.yaml_events import Events

MAX_MEMBERS = 100_000
MAX_TOTAL = 2_000_000_000
MAX_RATIO = 200
MAX_DEPTH = 4
SMALL = 100_000  # bytes that may be packed as tightly as they like
LEFTOVERS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
SHEETS = (".yaml", ".yml", ".json", ".txt")
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")

METADATA = "submission_metadata.yml"
MAX_METADATA = 200_000_000
MAX_PATTERN = 500

_CANVAS = re.compile(
    r"(?P<name>\w+?)(?:_LATE)?_(?P<id>\d{1,18}|(?<=anon_)\w{1,40}?)_(?P<file>\d{1,18})_(?P<rest>.+)",
    re.IGNORECASE,
)
_MOODLE = re.compile(
    r"(?P<name>[^_]*)_(?P<id>\d{1,18})_assignsubmission_(?P<kind>file|onlinetext)_?(?P<rest>.*)",
    re.DOTALL,
)
_END = re.compile(r"<(?:/p|/div|/li|br)[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{1,400}>")
PAGES = ("onlinetext.html", "_text.html")


@dataclass(frozen=True)
class Member:
    """One file of a folder or archive; name: with / between its parts, never a path to write."""

    name: str
    size: int
    folder: str = ""
    packed: zipfile.ZipInfo | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of its folders and its own."""
        return tuple(part for part in self.name.replace("\\", "/").split("/") if part)

    @property
    def suffix(self) -> str:
        """Return how its name ends, in small letters."""
        dot = self.parts[-1].rfind(".") if self.parts else -1
        return self.parts[-1][dot:].casefold() if dot > 0 else ""

    @property
    def left_over(self) -> bool:
        """Tell whether a system or an editor left it there."""
        return any(
            part in LEFTOVERS or part.startswith((".", "~")) or part.endswith("~")
            for part in self.parts
        )


class Container:
    """A folder, an archive that is read in memory, or a single file."""

    def __init__(self, path: str, *, single: bool = False) -> None:
        self.path, self.single = path, single
        self.archive: zipfile.ZipFile | None = None
        self.total = 0
        if not single and not is_folder(path):
            try:
                self.archive = zipfile.ZipFile(path)
            except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
                raise ProblemError(f"{path} is no archive that can be read", where=path) from None

    def close(self) -> None:
        """Close the archive."""
        if self.archive is not None:
            self.archive.close()

    def members(self) -> list[Member]:
        """Return all files in order of name; raises ProblemError for more than a class has."""
        found = sorted(self.listed(), key=lambda member: member.name)
        if len(found) > MAX_MEMBERS:
            raise ProblemError(f"{self.path} has more than {MAX_MEMBERS} files", where=self.path)
        return found

    def listed(self) -> Iterator[Member]:
        """Yield all files."""
        if self.single:
            yield Member(Path(self.path).name, Path(self.path).stat().st_size, self.path)
            return
        if self.archive is None:
            yield from _files(self.path, "", 0)
            return
        for info in self.archive.infolist()[: MAX_MEMBERS + 1]:
            if not info.is_dir():
                yield Member(info.filename, info.file_size, packed=info)

    def read(self, member: Member, most: int = MAX_BYTES) -> bytes:
        """Return the bytes of a file; raises ValueError with the reason why not."""
        if member.size > most:
            raise ValueError(f"larger than {most // 1_000_000} MB")
        info = member.packed
        if info is not None and info.file_size > max(SMALL, MAX_RATIO * info.compress_size):
            raise ValueError(f"packed more than {MAX_RATIO} times: not unpacked")
        try:
            with self.open(member) as file:
                data = file.read(most + 1)
        except OSError as error:
            raise ValueError(f"cannot be read: {(error.strerror or str(error)).lower()}") from None
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError):
            raise ValueError("cannot be unpacked: damaged or encrypted") from None
        except Exception as error:  # a decompressor's own
            raise ValueError(f"cannot be unpacked: {type(error).__name__}") from None
        if len(data) > most:
            raise ValueError(f"larger than {most // 1_000_000} MB")
        self.counted(len(data))
        return data

    def counted(self, size: int) -> None:
        """Count what was unpacked; raises ProblemError above the bound."""
        self.total += size
        if self.total > MAX_TOTAL:
            raise ProblemError(
                f"{self.path} holds more than {MAX_TOTAL // 10**9} GB", where=self.path
            )

    def open(self, member: Member) -> IO[bytes]:
        """Return a file to be read."""
        if self.archive is not None and member.packed is not None:
            return self.archive.open(member.packed)
        handle = os.open(member.folder, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(0, "not a regular file")
        return os.fdopen(handle, "rb")


def states(path: str) -> Iterator[bytes]:
    """Yield what changes when submissions do: names, sizes and times, or the bytes of stdin."""
    if path == "-":
        yield from pieces(Origin(STDIN, path).open())
        return
    for member in _files(path, "", 0) if is_folder(path) else [Member(path, 0, path)]:
        try:
            state = Path(member.folder).stat()
        except (OSError, ValueError):
            continue  # it is told when it is read
        yield f"{member.name}\0{state.st_size} {state.st_mtime_ns}\0".encode(
            "utf-8", "surrogateescape"
        )


def _files(folder: str, prefix: str, depth: int) -> Iterator[Member]:
    """Yield the files of a folder and of the folders in it; links are not followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProblemError(f"cannot read {folder}: {reason}", where=folder) from None
    for entry in entries:
        if entry.is_symlink():
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < MAX_DEPTH:
                yield from _files(entry.path, f"{prefix}{entry.name}/", depth + 1)
        elif entry.is_file(follow_symlinks=False):
            size = entry.stat(follow_symlinks=False).st_size
            yield Member(prefix + entry.name, size, entry.path)


@dataclass(frozen=True)
class Handed:
    """What one student handed in: whose it is, when, and the files that may hold answers."""

    id: str
    files: tuple[Member, ...]
    stamp: str = ""
    label: str = ""


@dataclass(frozen=True)
class Download:
    """All submissions of a folder or archive, and the files that are none."""

    platform: str
    handed: tuple[Handed, ...]
    ignored: tuple[str, ...] = ()


@dataclass
class _Found:
    """Files by student, in the order of their names."""

    by_id: dict[str, list[Member]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def download(self, platform: str) -> Download:
        handed = (
            Handed(tidy_id(name), tuple(files), label=files[0].name if files else name)
            for name, files in self.by_id.items()
        )
        return Download(platform, tuple(handed), tuple(self.ignored))


def read_download(container: Container, pattern: str | None = None) -> Download:
    """Return whose the files of a folder or an archive are.

    pattern: finds the id in a file's name. Raises ProblemError for a pattern without the
    group student_id or id.
    """
    members = container.members()
    usual = [member for member in members if not member.left_over]
    left = tuple(member.name for member in members if member.left_over)
    found = _download(container, usual, pattern)
    return Download(found.platform, found.handed, (*found.ignored, *left))


def _download(container: Container, members: Sequence[Member], pattern: str | None) -> Download:
    if pattern is not None:
        return _by_pattern(members, _compiled(pattern))
    metadata = next((each for each in members if each.parts[-1] == METADATA), None)
    if metadata is not None:
        return _gradescope(container, metadata, members)
    if any(_MOODLE.match(part) for each in members for part in each.parts[-2:]):
        return _moodle(members)
    flat = [each for each in members if _answers(each)]
    if flat and all(_CANVAS.fullmatch(each.parts[-1]) for each in flat):
        return _canvas(members)
    return _by_stem(members)


def _answers(member: Member) -> bool:
    """Tell whether a file may hold answers: a sheet, or a text typed into the platform."""
    return member.suffix in SHEETS or member.parts[-1].endswith(PAGES)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        found = re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        raise ProblemError(f"{pattern} is no regular expression", where="--pattern") from None
    if len(pattern) > MAX_PATTERN or not {"student_id", "id"} & set(found.groupindex):
        raise ProblemError(
            "a pattern needs a group for the id",
            where="--pattern",
            hint=r"(?P<student_id>\d+)_answers\.yaml",
        )
    return found


def _by_pattern(members: Sequence[Member], pattern: re.Pattern[str]) -> Download:
    group = "student_id" if "student_id" in pattern.groupindex else "id"
    handed, ignored = [], []
    for member in members:
        match = pattern.search("/".join(member.parts)[:MAX_PATTERN])
        if match is None or member.suffix not in SHEETS:
            ignored.append(member.name)
            continue
        handed.append(Handed(tidy_id(match[group] or ""), (member,), label=member.name))
    return Download("files", tuple(handed), tuple(ignored))


def _by_stem(members: Sequence[Member]) -> Download:
    """Return sheets that are called after their students."""
    handed, ignored = [], []
    for member in members:
        if member.suffix in SHEETS:
            name = member.parts[-1][: -len(member.suffix)]
            handed.append(Handed(tidy_id(name), (member,), label=member.name))
        else:
            ignored.append(member.name)
    return Download("files", tuple(handed), tuple(ignored))


def _canvas(members: Sequence[Member]) -> Download:
    """Return files `<name>[_LATE]_<user>_<file>_<name of the file>`."""
    found = _Found()
    for member in members:
        match = _CANVAS.fullmatch(member.parts[-1])
        if match is None:
            found.ignored.append(member.name)
            continue
        files = found.by_id.setdefault(match["id"], [])
        if _answers(member):
            files.append(member)
        else:
            found.ignored.append(member.name)
    return found.download("Canvas")


def _moodle(members: Sequence[Member]) -> Download:
    """Return the files in folders `<name>_<participant>_assignsubmission_file`."""
    found = _Found()
    for member in members:
        matches = [match for part in member.parts if (match := _MOODLE.match(part))]
        if not matches:
            found.ignored.append(member.name)
            continue
        files = found.by_id.setdefault(matches[0]["id"], [])
        if _answers(member):
            files.append(member)
        else:
            found.ignored.append(member.name)
    return found.download("Moodle")


def _gradescope(container: Container, metadata: Member, members: Sequence[Member]) -> Download:
    """Return the files in folders `submission_<number>`, whose students the metadata names."""
    try:
        text = container.read(metadata, MAX_METADATA).decode("utf-8-sig")
        submissions = dict(read_metadata(text))
    except (ValueError, ProblemError) as error:
        reason = error.message if isinstance(error, ProblemError) else "it is not UTF-8 text"
        where = f"{container.path}/{metadata.name}"
        raise ProblemError(f"{METADATA} cannot be read: {reason}", where=where) from None
    depth = len(metadata.parts) - 1
    files: dict[str, list[Member]] = {}
    ignored = []
    for member in members:
        name = member.parts[depth] if len(member.parts) > depth else ""
        if member.suffix in SHEETS and name in submissions:
            files.setdefault(name, []).append(member)
        elif member is not metadata:
            ignored.append(member.name)
    handed = [
        Handed(tidy_id(student), tuple(files.get(name, ())), stamp, name)
        for name, (students, stamp) in submissions.items()
        for student in students or ("",)
    ]
    return Download("Gradescope", tuple(handed), tuple(ignored))


def read_metadata(text: str) -> Iterator[tuple[str, tuple[list[str], str]]]:
    """Yield each submission of Gradescope's metadata: its students' ids, and its time.

    Read as a stream of events, so that neither tags nor aliases nor results are built.
    Raises ProblemError for text that is not YAML.
    """
    path: list[str | None] = []  # the key in each mapping, None within a list
    waiting: list[bool] = []  # whether a mapping waits for a key
    student: dict[str, str] = {}
    students: list[str] = []
    stamp = ""
    for event in Events(Source(METADATA, text)):
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if waiting and waiting[-1]:
                waiting[-1] = False
            elif waiting:
                waiting[-1] = isinstance(path[-1], str)
            mapping = isinstance(event, yaml.MappingStartEvent)
            path.append("" if mapping else None)
            waiting.append(mapping)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            if _students_of(path) and len(path) == 4:
                name = student.get("sid") or student.get("email") or ""
                students.append(name)
                student = {}
            path.pop()
            waiting.pop()
            if len(path) == 1 and path[0]:
                yield path[0], (students, stamp)
                students, stamp = [], ""
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) and path:
            value = event.value if isinstance(event, yaml.ScalarEvent) else ""
            if waiting[-1]:
                path[-1], waiting[-1] = value, False
                continue
            key = (path[-1] or "").lstrip(":")
            waiting[-1] = isinstance(path[-1], str)
            if value in ("", "~", "null"):
                continue
            if len(path) == 4 and _students_of(path):
                student[key] = value
            elif len(path) == 2 and key == "created_at":
                stamp = value


def _students_of(path: Sequence[str | None]) -> bool:
    return len(path) == 4 and (path[1] or "").lstrip(":") == "submitters" and path[2] is None


def text_of_page(page: str) -> str:
    """Return the text of a page that a student typed into a form, a line for each line."""
    return unescape(_TAG.sub("", _END.sub("\n", page))).replace("\u00a0", " ")
