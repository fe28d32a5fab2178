"""List the files of a folder or of an archive; nothing is ever unpacked to a path."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gradcalc.errors import ProblemError
from gradcalc.grading.submissions_stream import STDIN, Origin, pieces
from gradcalc.problem.reading import MAX_BYTES, is_folder

MAX_MEMBERS = 100_000
MAX_TOTAL = 2_000_000_000
MAX_RATIO = 200
MAX_DEPTH = 4
SMALL = 100_000  # bytes that may be packed as tightly as they like
LEFTOVERS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
SHEETS = (".yaml", ".yml", ".json", ".txt")
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")


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
