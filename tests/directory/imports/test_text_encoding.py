"""The code page of a list is guessed from its letters, and told; UTF-8 is never taken for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.imports.text_encoding import decode

LISTS = [
    ("cp1252", "Nom;Société\r\nRené Lefèvre;Café Noël\r\nAnaïs;Menuiserie d’Art\r\n"),
    ("cp1252", "Name,Firm\r\n" + "Ann Lee,Lee Law\r\n" * 500 + "José Núñez,Peñasco’s\r\n"),
    ("cp1252", "FIRMA;ORT\r\nMÜLLER & SÖHNE;KÖLN – 5 €\r\n"),
    ("cp1252", "Navn;Firma\r\nSøren Kjær;Smørrebrød ApS\r\nÅse;Ærø Færge\r\n"),
    ("cp1250", "Imię;Firma\r\nŁukasz Żółć;Usługi Księgowe\r\nMałgorzata Wiśniewska;Dom\r\n"),
    ("cp1250", "Jméno;Firma\r\nJiří Dvořák;Truhlářství\r\nŽaneta Šťastná;Účetní služby\r\n"),
    ("cp1251", "Имя;Фирма\r\nИван Петров;Бухгалтерия\r\nОльга Иванова;Окна\r\n"),
    ("cp1253", "Όνομα;Εταιρία\r\nΓιώργος Παπαδόπουλος;Λογιστικά\r\nΜαρία Ιωάννου;Οικοδομές\r\n"),
    ("cp1254", "Ad;Firma\r\nIşık Yıldız;Işık Tekstil\r\nÇağlar Güneş;Muhasebe\r\n"),
    ("cp1255", "שם;חברה\r\nשרה לוי;הנהלת חשבונות\r\n"),
    ("cp1256", "الاسم;الشركة\r\nمحمد علي;شركة البناء\r\n"),
    ("cp1257", "Vārds;Firma\r\nJānis Bērziņš;Celtniecība\r\n"),
    ("cp932", "名前,会社\r\n王小明,株式会社山田電機\r\n"),
    ("gb18030", "姓名,公司\r\n王小明,北京建筑公司\r\n"),
    ("big5", "姓名,公司\r\n王小明,台北建築公司\r\n"),
    ("cp949", "이름,회사\r\n김철수,서울건축\r\n"),
    ("mac_roman", "Nom;Firma\rÉlodie Brûlé;Pâtisserie Noël\rFrançois;Café d’Orsay\r"),
]


@pytest.mark.parametrize(("encoding", "text"), LISTS)
def test_a_list_without_utf8_is_read_by_its_letters(encoding: str, text: str) -> None:
    read, note = decode(text.encode(encoding))
    assert read == text
    assert "an older format" in note


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1))
def test_utf8_and_utf16_with_a_mark_are_never_guessed(text: str) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert decode(f"Name,{text}".encode(encoding)) == (f"Name,{text}", "")


def test_a_damaged_character_does_not_make_another_code_page_of_it() -> None:
    read, note = decode("Zoë Lind;Café Noël – “Söhne”\n".encode() + b"Ren\xe9;x\n")
    assert read == "Zoë Lind;Café Noël – “Söhne”\nRen\ufffd;x\n"
    assert "cannot be read" in note
