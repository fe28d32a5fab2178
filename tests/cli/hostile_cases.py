"""Hostile classes as Hypothesis strategies: files that teachers never meant to hand in."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field

from hypothesis import strategies as st

QUANTITIES = ("dL/dz", "y", "L", "dL/dy", "y[1]", "dL/dz[2]", "dL/dz[5]", "dy/dz", "z", "t[1]")
HEADS = (
    *QUANTITIES,
    "answer",
    "Question 1: dL/dz",
    "dL/dz[9]",
    "dL/dzz",
    "",
    " ",
    "score",
    "student",
    "name",
    "email",
    "submitted_at",
    "id",
    "=1+1",
    "a" * 300,
    "\u202edL/dz",
    "∂L/∂z",
    "line\nfeed",
    'quo"te',
)
ASKED = (
    *(
        ("dL/dz",),
        ("dL/dz", "y"),
        ("dL/dz[2]", "dL/dz[5]"),
        ("L", "y[1]"),
        ("∂L/∂z", "L"),
        ("answer",),
    ),
    *(
        ("z[1]", "dL/dz"),
        ("z", "dL/dz", "y"),
        ("dy/dz", "dL/dy"),
        ("Question 1: dL/dz",),
        (),
        HEADS[:3],
    ),
)
ODD_HEADS = HEADS[11:] * 3 + HEADS[:11]
NUMBERS = (
    *("0", "1", "-1", "0.2", "−1.2", "1,4", "-0", "+0.5", ".5", "5.", "1/3", "1/0", "2/4", "1e-3"),
    *("1e999", "-1e308", "1e-999", "nan", "NaN", "inf", "-Infinity", "0x1F", "1_000", "1 000"),
    *(
        "٣",
        "１．５",
        "½",
        "1²",
        "³",
        "1e",
        "e5",
        "--1",
        "1.2.3",
        "1,2,3",
        "12:30",
        "50%",
        "2*x",
        "π",
    ),
    *(
        "9" * 5000,
        "0." + "1" * 5000,
        "-" + "1" * 400 + "e" + "9" * 400,
        "1/" + "0" * 999,
        "1e-" + "9" * 9,
    ),
)
WORDS = (
    *("", " ", "_", "?", "-", "n/a", "c", "(i)", "k", "[0.2, 0, -1.2, 1.4, 0]", "0.2 0 -1.2 1.4 0"),
    *("0.2; 0; -1,2; 1,4; 0", "[[0.2, 0, -1.2, 1.4, 0]]", "[0.2, 0", "]", "[" * 50, "((((1))))"),
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "'=1", "=1\n=2", '"', '""'),
    *(
        '"open',
        "a,b",
        "\x00",
        "\x1b[31m",
        "\u202e1.0",
        "\ufeff1",
        "\ud7ff",
        "\U0001f600",
        "[red]x[/red]",
    ),
    *(
        "<script>",
        "$x$",
        "`x`",
        "../../x",
        "C:\\x",
        "1\n2",
        "x" * 100_000,
        "1," * 2000,
        "{}",
        "null",
    ),
)
IDS = (
    *(
        "s1",
        "s2",
        "S1",
        "s3",
        " s1 ",
        "007",
        "7",
        "",
        " ",
        "a b",
        "a\tb",
        "=1+1",
        "-1",
        "+x",
        "@me",
    ),
    *(
        "\u200fs1",
        "ｓ1",
        "é",
        "e\u0301",
        "s\n1",
        "x" * 300,
        "a,b",
        'q"q',
        "../../etc",
        "a/b",
        "CON",
    ),
    *("\x00", "\x1b[2J", "#7", "'s1", "1e5", "nobody@x.org", "\U0001f600", "<b>", ".", "s1,s2"),
)
STAMPS = (
    *(
        "",
        "2026-11-20T10:00:00Z",
        "2026-11-20 10:00",
        "5/10/2026 09:15:00",
        "31/12/2026",
        "13/13/2026",
    ),
    *("1763632800", "9" * 30, "0001-01-01", "9999-12-31T23:59:59+14:00", "now", "20.11.2026 8:00"),
    "2024/12/22 11:49:31 AM GMT+8",
)
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "cp1252",
    "utf-32",
)

cells = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(WORDS), st.text(max_size=6))
ids = st.one_of(st.sampled_from(IDS), st.sampled_from(IDS[:7]), st.text(max_size=4))


@dataclass(frozen=True)
class Case:
    """Files by their names, which of them are submissions, and the options of the call."""

    files: dict[str, bytes]
    given: tuple[str, ...]
    options: tuple[str, ...] = ()
    feedback: bool = False
    roster: bytes | None = field(default=None)


@st.composite
def encoded(draw: st.DrawFn, text: str) -> bytes:
    """Bytes of a text: mostly UTF-8, sometimes other encodings, torn or with odd bytes in them."""
    encoding = draw(st.sampled_from(("utf-8",) * 12 + ENCODINGS))
    data = text.encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")
    end = draw(st.sampled_from(("\n",) * 6 + ("\r\n", "\r", "\n\r", "\n\n")))
    if end != "\n" and encoding in ("utf-8", "latin-1", "cp1252"):
        data = data.replace(b"\n", end.encode())
    damage = draw(st.sampled_from(("",) * 12 + ("cut", "byte", "nul", "tail", "front")))
    if damage and data:
        at = draw(st.integers(0, len(data)))
        if damage == "cut":
            return data[:at]
        odd = {"byte": b"\xff\xc3", "nul": b"\x00\x00"}.get(damage, b"")
        if odd:
            return data[:at] + odd + data[at:]
        return data + b"\x00\xff\n" if damage == "tail" else b"\n\n  \n" + data
    return data


@st.composite
def tables(draw: st.DrawFn, heads: tuple[str, ...] | None = None) -> bytes:
    """A table: its headers, rows of any length, quotes of any care."""
    if heads is None:
        first = draw(
            st.sampled_from(("student_id",) * 7 + ("ID", "Email Address", "SIS User ID", "x"))
        )
        sure = draw(st.sampled_from(ASKED))
        own = draw(st.lists(st.sampled_from(ODD_HEADS), max_size=2, unique=True))
        stamp = draw(st.sampled_from(((), (), ("submitted_at",), ("Timestamp",))))
        heads = (first, *stamp, *sure, *own)
    separator = draw(st.sampled_from(",,,,,,;;\t\t|"))
    rows: list[list[str]] = []
    for _ in range(draw(st.sampled_from((0, 1, 1, 2, 2, 3, 5)))):
        row = [draw(ids)]
        for head in heads[1:]:
            folded = head.casefold()
            kind = STAMPS if folded in ("submitted_at", "timestamp") else None
            if folded in ("quantity", "variable"):
                kind = QUANTITIES * 3 + HEADS
            elif folded in ("index", "entry"):
                kind = ("", "1", "[2]", "1,2", "0", "-1", "9" * 50, "x", "1;1")
            row.append(draw(st.sampled_from(kind)) if kind else draw(cells))
        ragged = draw(st.sampled_from((0,) * 8 + (-1, 1, 3)))
        rows.append(row[:ragged] if ragged < 0 else row + ["", "x", "9"][:ragged])
    careful = draw(st.sampled_from((True, True, True, False)))
    text = ""
    for row in (list(heads), *rows):
        text += separator.join(written(cell, separator, careful=careful) for cell in row) + "\n"
    if draw(st.sampled_from((False,) * 9 + (True,))):
        text = f"sep={separator}\n" + text
    return draw(encoded(text))


def written(cell: str, separator: str, *, careful: bool) -> str:
    if careful and any(sign in cell for sign in (separator, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


LONG = st.sampled_from(
    (
        ("student_id", "quantity", "value"),
        ("student_id", "quantity", "index", "value"),
        ("student_id", "submitted_at", "quantity", "value"),
        ("email", "question", "problem", "answer"),
        ("student_id", "quantity", "value", "value"),
    )
)
long_tables = LONG.flatmap(tables)


@st.composite
def values(draw: st.DrawFn, depth: int = 0) -> str:
    """The text of a JSON value, some of them no JSON at all."""
    kind = draw(st.sampled_from(("number", "number", "text", "list", "object", "odd")))
    if kind == "number":
        return draw(
            st.sampled_from(("0.2", "-1.2", "1e999", "9" * 5000, "1E400", "-0", "NaN", "3"))
        )
    if kind == "text" or depth > 2:
        return json.dumps(draw(cells))
    if kind == "list":
        inner = draw(st.lists(values(depth + 1), max_size=5))
        return "[" + ", ".join(inner) + "]"
    if kind == "object":
        return '{"a": 1, "b": {"c": []}}'
    return draw(
        st.sampled_from(
            (
                "true",
                "null",
                "[" * 5000,
                "[" * 300 + "]" * 300,
                '"\\ud800"',
                '"\\u0000"',
                "01",
                "'x'",
                "",
            )
        )
    )


@st.composite
def json_rows(draw: st.DrawFn) -> bytes:
    """JSON lines: submissions, and lines that are none."""
    lines = []
    for _ in range(draw(st.sampled_from((0, 1, 2, 3, 4)))):
        key = draw(st.sampled_from(("student_id",) * 6 + ("id", "email", "nobody")))
        name = json.dumps(draw(ids))
        pairs = [f'"{key}": {name}']
        answers = [
            f"{json.dumps(draw(st.sampled_from(QUANTITIES * 3 + HEADS)))}: {draw(values())}"
            for _ in range(draw(st.sampled_from((0, 1, 1, 2, 3))))
        ]
        if draw(st.booleans()):
            pairs.append('"answers": {' + ", ".join(answers) + "}")
        else:
            pairs += answers
        pairs += draw(
            st.sampled_from(
                ((),) * 6
                + (('"parameters": {"z": [1, 2, 3, 4, 5]}',), ('"submitted_at": "2026-01-02"',))
                + (('"student_id": "twin"',), ('"parameters": 3',), ('"submitted_at": 5',))
            )
        )
        line = "{" + ", ".join(pairs) + "}"
        torn = draw(st.sampled_from(("",) * 8 + ("cut", "list", "text")))
        lines.append({"cut": line[:-1], "list": f"[{line}]", "text": "hello"}.get(torn, line))
    return draw(encoded("\n".join(lines) + "\n"))


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    """One student's answer sheet, as YAML, JSON or plain text."""
    kind = draw(st.sampled_from(("yaml", "text", "json", "none")))
    pairs = [
        (draw(st.sampled_from(QUANTITIES + HEADS[10:14])), draw(cells))
        for _ in range(draw(st.sampled_from((0, 1, 1, 2, 4))))
    ]
    if kind == "yaml":
        text = "".join(f"{name}: {value}\n" for name, value in pairs)
    elif kind == "text":
        text = "".join(f"{name} = {value}\n" for name, value in pairs)
    elif kind == "json":
        inner = ", ".join(f"{json.dumps(name)}: {draw(values())}" for name, _ in pairs)
        text = draw(st.sampled_from(("{%s}", '{"answers": {%s}}', "[%s]", "{%s"))) % inner
    else:
        text = draw(
            st.sampled_from(
                (
                    "",
                    "&a [*a]",
                    "a: &a [x,x]\nb: [*a,*a]\n",
                    "- " * 3000,
                    "{" * 3000,
                    "!!python/object:os.system x",
                    "a: b: c",
                    "\t- x",
                    "%YAML 9\n---\n",
                    "---\n---\n---\n",
                    "dL/dz: !!float x\n",
                    "dL/dz = " + "(" * 2000,
                    "dL/dz = " + "1+" * 4000 + "1",
                    "dL/dz = 9^9^9^9^9",
                    "y: 1\ny: 2\n",
                    "? x\n: y\n",
                )
            )
        )
    return draw(encoded(text))


NAMES = (
    *("anna.yaml", "ben.txt", "c.json", "d.yml", "sub/e.yaml", "f.pdf", "anna.txt", "007.yaml"),
    *("annab_123_456_a.yaml", "bob_LATE_124_457_a.txt", "dora_127_500_text.html", ".hidden.yaml"),
    *(
        "Anna B_12_assignsubmission_file/a.yaml",
        "Bob_13_assignsubmission_onlinetext/onlinetext.html",
    ),
    *(
        "submission_1/a.yaml",
        "submission_2/a.txt",
        "submission_metadata.yml",
        "a b.yaml",
        "=1.yaml",
    ),
    *(
        "class.csv",
        "class.jsonl",
        "é.txt",
        "x" * 150 + ".yaml",
        "a/b/c/d/e/f.yaml",
        "-.txt",
        ".yaml",
    ),
)
WILD = (
    *(
        "../up.yaml",
        "/abs.yaml",
        "a\\b.yaml",
        "C:\\x.txt",
        "a//b.yaml",
        "..",
        "./x.yaml",
        "x\n.yaml",
    ),
    *("con.txt", "\u202elmay.x.yaml", "a\x00b.yaml", "[Content_Types].xml", "inner.zip", "x/"),
)
METADATA = (
    b"submission_1:\n  :submitters:\n  - :name: A\n    :sid: '1'\n  :created_at: 2026-01-01\n"
    b"submission_2:\n  :submitters:\n  - :sid: '2'\n"
)


@st.composite
def members(draw: st.DrawFn, names: tuple[str, ...] = NAMES) -> dict[str, bytes]:
    """Files by their names."""
    found = {}
    for name in draw(st.lists(st.sampled_from(names), max_size=4, unique=True)):
        if name.endswith("metadata.yml"):
            found[name] = draw(
                st.sampled_from((METADATA, METADATA[:40], b"[", b"a: b\n", b"&a *a"))
            )
        elif name.endswith(".csv"):
            found[name] = draw(tables())
        elif name.endswith(".jsonl"):
            found[name] = draw(json_rows())
        else:
            found[name] = draw(sheets())
    return found


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Archives: whole, torn, packed too tightly, one in another, with names that lead elsewhere."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", draw(st.sampled_from((0, 8, 8, 12, 14)))) as archive:
        for name, data in draw(members(NAMES + WILD)).items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        extra = draw(st.sampled_from(("",) * 8 + ("bomb", "inner", "link")))
        if extra == "bomb":
            archive.writestr("bomb.yaml", b"0" * 3_000_000, zipfile.ZIP_DEFLATED)
        elif extra == "inner":
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as more:
                more.writestr("a.yaml", "y: 1\n")
            archive.writestr("inner.csv", inner.getvalue())
        elif extra == "link":
            info = zipfile.ZipInfo("link.yaml")
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
    data = held.getvalue()
    damage = draw(st.sampled_from(("",) * 8 + ("cut", "flip", "front", "flags")))
    at = draw(st.integers(0, max(0, len(data) - 1)))
    if damage == "cut":
        return data[:at]
    if damage == "flip":
        return data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :]
    if damage == "flags":  # says that it is encrypted
        return data.replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
        )
    return b"PK\x03\x04" + data if damage == "front" else data


DUPLICATES = ("newest", "first", "last", "best", "error")
AS = ("plain", "canvas", "moodle", "gradescope", "brightspace")
POLICIES = ((), (), (), *(("--duplicates", each) for each in DUPLICATES))
FORMS = ((), (), (), *(("--as", each) for each in AS))
MORE = ((), (), (), ("--all",), ("--resume",), ("--report", "report.html"))


@st.composite
def options(draw: st.DrawFn) -> tuple[str, ...]:
    chosen = [draw(st.sampled_from(each)) for each in (POLICIES, FORMS, MORE)]
    return tuple(word for each in chosen for word in each)


rosters = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    tables(("SID", "name", "email")),
    st.just(b"SID,Name,Email\ns1,Ada,a@x\ns2,=Bo,nobody@x.org\n007,C,\n"),
)


@st.composite
def classes(draw: st.DrawFn, name: str, content: st.SearchStrategy[bytes]) -> Case:
    """A class in one file."""
    feedback = draw(st.sampled_from((False,) * 7 + (True,)))
    return Case({name: draw(content)}, (name,), draw(options()), feedback, draw(rosters))


@st.composite
def folders(draw: st.DrawFn) -> Case:
    """A class in a folder of answer sheets."""
    files = {f"f/{name}": data for name, data in draw(members()).items()}
    return Case({"f/.keep": b"", **files}, ("f",), draw(options()), False, draw(rosters))


@st.composite
def several(draw: st.DrawFn) -> Case:
    """A class in several files of different kinds."""
    files = {"a.csv": draw(tables()), "b.jsonl": draw(json_rows()), "c.yaml": draw(sheets())}
    given = draw(st.lists(st.sampled_from(tuple(files)), min_size=1, max_size=3))
    return Case(files, tuple(given), draw(options()), False, draw(rosters))


KINDS: dict[str, tuple[int, st.SearchStrategy[Case]]] = {
    "wide": (30, classes("a.csv", tables())),
    "long": (14, classes("a.csv", long_tables)),
    "json": (15, classes("a.jsonl", json_rows())),
    "sheet": (6, classes("anna.yaml", sheets())),
    "folder": (12, folders()),
    "archive": (12, classes("a.zip", archives())),
    "several": (8, several()),
    "bytes": (3, classes("a.csv", st.binary(max_size=60))),
}
"""Each kind of class, and its share of all runs in percent."""
