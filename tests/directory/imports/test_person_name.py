"""A name is what the person is greeted by, however its cell was written."""

import pytest

from directory.imports.person_name import read_name


@pytest.mark.parametrize(
    ("cell", "name", "told"),
    [
        ("Wu, Tess", "Tess Wu", ""),
        ("Mr. Jim L'Heureux", "Jim L'Heureux", ""),
        ("H. Proctor Crow III", "H. Proctor Crow III", ""),
        ("王小明", "王小明", ""),
        ("Işık Yıldız", "Işık Yıldız", ""),
        ("Cher", "Cher", ""),
        ("Mr. Tom Patch, Jr.", "Tom Patch Jr.", ""),
        ("Smith, John Jr.", "John Smith Jr.", ""),
        ("Okafor, Dr. Tess", "Tess Okafor", ""),
        ("de la Cruz, Sra. Maria Elena", "Maria Elena de la Cruz", ""),
        ("Rika Thorn, Mr. Jo Marsh", "Rika Thorn", "Jo Marsh"),
        ("Ms. Rika Thorn, ABR,Mr. Jo Marsh", "Rika Thorn", "Jo Marsh"),
        ("Dr. Ann Lee, PhD, CPA", "Ann Lee", ""),
        ("Ann Lee, Realtor", "Ann Lee", "Realtor"),
        ("Ms. Ann Lee - Sales Director", "Ann Lee", "Sales Director"),
        ("Ann Lee, Vice President", "Ann Lee", "Vice President"),
        ("Ann Lee, Owner & Founder\nBo Ek, Manager", "Ann Lee", "another person there: Bo Ek"),
        ("Contact: Ann Lee", "Ann Lee", ""),
        ("Prof. Ann Lee, PhD, FRSA", "Ann Lee", ""),
        ("Ann Lee, M.Ed., LPCC-S", "Ann Lee", ""),
        ("Mme LEFÈVRE Anne", "Anne Lefèvre", ""),
        ("Dr. med. dent. Eva Huber", "Eva Huber", ""),
        ("Bea Lind/Carl Ek", "Bea Lind", "Carl Ek"),
        ("Jos&eacute; Ruiz 520-555-0141", "José Ruiz", "number"),
        ("Van Dyke, McKenzie", "McKenzie Van Dyke", ""),
        ("Ann Lee MBA", "Ann Lee", ""),
        ("de la Cruz, Maria", "Maria de la Cruz", ""),
        ("MCDONALD, JANE", "Jane McDonald", ""),
        ("JACK MA", "Jack Ma", ""),
        ("Mr. & Mrs. John Smith", "John Smith", ""),
        ("Baker, Jr., Tom", "Tom Baker Jr.", ""),
        ("M One", "M One", ""),
        ("Don M. Johnson", "Don M. Johnson", ""),
        ("Dipl.-Ing. Mag. Eva Huber", "Eva Huber", ""),
        ("Dean Martin", "Dean Martin", ""),
        ("Kim Do", "Kim Do", ""),
        ("John and Mary Smith", "John Smith", "Mary Smith"),
        ("Ansel Brook / Rika Thorn", "Ansel Brook", "Rika Thorn"),
        ("Lee, Ann; Ek, Bo", "Ann Lee", "Bo Ek"),
        ("Ann Lee\nBo Ek", "Ann Lee", "Bo Ek"),
        ("Ann Lee <ann@lee.example>", "Ann Lee", ""),
        ("Ann Lee (owner)", "Ann Lee", "owner"),
        ("Herr Prof. Dr. Hans Müller", "Hans Müller", ""),
        ("van der Berg, Jan", "Jan van der Berg", ""),
        ("ann@lee.example", "", "not a name"),
        ("12345", "", "not a name"),
    ],
)
def test_one_persons_name_is_read_in_the_order_it_is_spoken(cell: str, name: str, told: str) -> None:
    found = read_name(cell)
    assert found.value == name
    assert told in "".join(found.notes)
    assert bool(found.notes) == bool(told)
