"""Who is in a class, from the tables that platforms export."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.classes.roster import Roster, read_roster


def roster(text: str) -> Roster:
    return read_roster(Source("roster.csv", text))


def test_a_plain_roster() -> None:
    found = roster("student_id,name,email\n007,Ann,A@x.de\n\n 3 ,Bob,\n")
    assert found.ids == ("007", "3")
    assert found.names == {"007": "Ann", "3": "Bob"}
    assert found.emails == {"007": "A@x.de", "3": ""}
    assert found.find("a@X.de") == "007"
    assert found.find("7") is None


@pytest.mark.parametrize(
    ("text", "ids", "names"),
    [
        (
            "First Name,Last Name,SID,Email,Role,Sections\n"
            "Ann,B,1,a@x,Student,\nCy,D,,C@x,Student,\n",
            ("1", "c@x"),
            ["Ann B", "Cy D"],
        ),
        (
            "Student,ID,SIS User ID,SIS Login ID,Section,HW (12)\n    Points Possible,,,,,20\n"
            '"B, Ann",91,u1,ann,S1,\n"Student, Test",92,,,S1,\n',
            ("u1",),
            ["B, Ann"],
        ),
        (
            "\ufeffOrgDefinedId;Username;Last Name;First Name;End-of-Line Indicator\n"
            "#12;#ann;B;Ann;#\n",
            ("12",),
            ["Ann B"],
        ),
        (
            "Identifier,Full name,Email address\nParticipant 7,Ann B,a@x\n",
            ("Participant 7",),
            ["Ann B"],
        ),
        ("sep=;\nMatrikelnummer;Name\n1;Ä\n", ("1",), ["Ä"]),
        ('"id"\n"a\nb"\n', ("a\nb",), [""]),
        ("email\nA@X.de\n", ("a@x.de",), [""]),
    ],
)
def test_exports(text: str, ids: tuple[str, ...], names: list[str]) -> None:
    found = roster(text)
    assert found.ids == ids
    assert list(found.names.values()) == names


def test_files_of_other_encodings(tmp_path: Path) -> None:
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        path = tmp_path / "roster.csv"
        path.write_bytes("id;name\n1;Jürgen\n".encode(encoding))
        assert read_roster(str(path)).names == {"1": "Jürgen"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("name\nAnn\n", "no column of ids"),
        ("id,name\n1,a\n2,b\n1,c\n", "1 stands twice in the roster, in lines 2 and 4"),
        ("id,name\ns1,a\nS1,b\n", "stands twice"),
        ('id,name\n1,"a\n2,b\n', "line 2 of the roster"),
    ],
)
def test_rosters_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(ProblemError) as caught:
        roster(text)
    assert words in str(caught.value)


def test_rows_without_an_id_are_told() -> None:
    found = roster("id,name\n1,a\n,b\n2,c\n")
    assert found.ids == ("1", "2")
    assert found.skipped == (3,)
