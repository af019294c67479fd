"""The parts of names as people write them, and what each is greeted by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.people.personal_name import name_parts

GREETINGS = {
    "Bea Lindqvist": "Bea",
    "Wu, Tess": "Tess",
    "Crow III, H. Proctor": "Proctor",
    "Mr. Jim L'Heureux": "Jim",
    "Prof. Dr. Hans Meier": "Hans",
    "Frau Dr. Müller": "Frau Dr. Müller",
    "Sra. Carmen Ruiz": "Carmen",
    "Oscar Peña Jr.": "Oscar",
    "Priya Raman, DDS": "Priya",
    "J. R. Marsh": "J. R.",
    "Cher": "Cher",
    "Jean-Luc Tremblay": "Jean-Luc",
    "de la Cruz, Maria Elena": "Maria",
    "Tom van der Berg": "Tom",
    "Robert (Bob) Whitfield": "Bob",
    "Ann Lee (she/her)": "Ann",
    "Bill Ramsey (Acme)": "Bill",
    "DR. JOHN SMITH": "John",
    "lind, bea": "Bea",
    "Jenny Lin 林珍妮": "Jenny",
    "田中 実": "田中 実",
    "王小明": "王小明",
    "Dr. 王小明": "王小明",
    "김 민준": "김 민준",
    "山田太郎": "山田太郎",
    "สมชาย ใจดี": "สมชาย",
    "Nguyễn Thị Lan": "Lan",
    "Nguyen Thi Lan": "Lan",
    "Le Marsh": "Le",
}

VCARD_NAMES = {  # family, given, middle, title, suffix
    "Maria Elena de la Cruz": ("de la Cruz", "Maria", "Elena", "", ""),
    "Dr. Priya Raman DDS": ("Raman", "Priya", "", "Dr.", "DDS"),
    "H. Proctor Crow III": ("Crow", "H.", "Proctor", "", "III"),
    "Cher": ("", "Cher", "", "", ""),
    "王小明": ("王", "小明", "", "", ""),
    "山田 太郎": ("山田", "太郎", "", "", ""),
    "田中 実": ("田中", "実", "", "", ""),
    "Jenny Lin 林珍妮": ("Lin", "Jenny", "", "", ""),
    "김민준": ("김", "민준", "", "", ""),
    "Trần Văn Minh": ("Trần", "Minh", "Văn", "", ""),
}


@pytest.mark.parametrize("name", GREETINGS)
def test_people_are_greeted_by_what_they_are_called(name: str) -> None:
    assert name_parts(name).greeting == GREETINGS[name]


@pytest.mark.parametrize("name", VCARD_NAMES)
def test_a_vcard_has_each_part_in_its_place(name: str) -> None:
    assert name_parts(name)[:5] == VCARD_NAMES[name]


@given(st.text(st.characters(categories=("Lu", "Ll", "Lo", "Zs", "Po")), min_size=1, max_size=40).filter(str.strip))
def test_nobody_is_greeted_by_nothing(name: str) -> None:
    assert name_parts(name).greeting.strip()
