"""The only place where problem files are read: size, encoding, names that no file can have."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

from gradcalc.errors import ProblemError, Source

MAX_BYTES = 2_000_000
_BREAKS = str.maketrans({"\r": "\n", "\x85": " ", "\u2028": " ", "\u2029": " "})

_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\..*)?", re.IGNORECASE | re.DOTALL
)


def read_source(path: str | Path) -> Source:
    """Return the text of a file, or of standard input for `-`.

    Raises ProblemError for what is not a regular file of UTF-8 text of bounded size.
    """
    name = str(path)
    if name == "-":
        return _decode("<stdin>", _standard_input())
    try:
        handle = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except ValueError:
        raise ProblemError("cannot read a file of such a name", where=name) from None
    except OSError as error:
        raise ProblemError(f"cannot read {name}: {_reason(error)}", where=name) from None
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise ProblemError(f"{name} is a folder, not a problem file", where=name)
        if not stat.S_ISREG(mode):
            raise ProblemError(f"{name} is not a regular file", where=name)
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProblemError(f"cannot read {name}: {_reason(error)}", where=name) from None
    finally:
        os.close(handle)
    return _decode(name, data)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise ProblemError("cannot read standard input: it is closed", where="<stdin>")
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProblemError(
            f"cannot read standard input: {_reason(error)}", where="<stdin>"
        ) from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _decode(name: str, data: bytes) -> Source:
    if len(data) > MAX_BYTES:
        raise ProblemError(
            f"{name} is larger than 2 MB",
            where=name,
            hint="large weights stand beside a problem file: W1: {file: w1.npy}",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:200]:
        kind = "UTF-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "binary"
        raise ProblemError(f"{name} is {kind}, not UTF-8 text", where=name, hint="save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ProblemError(
            f"{name} is not UTF-8 text: byte {data[error.start]:#04x} in line {line}",
            where=f"{name}:{line}",
            hint="save it as UTF-8",
        ) from None
    return Source(name, with_plain_lines(text))


def with_plain_lines(text: str) -> str:
    """Return a text whose lines end in a line feed, as every count of lines takes them to.

    Three further signs end a line for YAML 1.1 only; they become blanks.
    """
    return text.replace("\r\n", "\n").translate(_BREAKS)


def is_folder(path: str | Path) -> bool:
    """Tell whether a path is a folder; a name that no file can have is none."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def is_file(path: str | Path) -> bool:
    """Tell whether a path is a regular file; a name that no file can have is none."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def problem_files(path: str) -> list[str]:
    """Return the problem files that a command-line argument means, in order of name."""
    return files_in(path, (".yaml", ".yml"))


def files_in(path: str, suffixes: tuple[str, ...]) -> list[str]:
    """Return a path, or the files of a folder that end so, in order of name.

    Raises ProblemError for a folder without any.
    """
    folder = Path(path)
    if path in ("-", "") or not is_folder(folder):
        return [path]
    found = sorted(
        str(file)
        for file in folder.iterdir()
        if file.suffix in suffixes and not file.name.startswith(".")
    )
    if not found:
        raise ProblemError(f"there is no {suffixes[0]} file in {path}", where=path)
    return found


def is_device(name: str) -> bool:
    """Tell whether Windows reads the name of a file as that of a device, whatever its ending.

    >>> is_device("con.md"), is_device("Com¹"), is_device("console.md")
    (True, True, False)
    """
    return _DEVICE.fullmatch(name) is not None
