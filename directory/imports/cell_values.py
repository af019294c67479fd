"""Peel a value out of a cell that holds more: pure functions, each returning the value and notes of what it left.

No cell is refused here: a value that cannot be read is "", and the first note says why.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from directory.errors import Invalid
from directory.name_rules import clean_name
from directory.text import LONG_TEXT, clean_email, clean_phone, clean_website, strip_hidden, unescape_formula
from directory.translation import gettext as _

MARKS = " \u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"  # around what was copied from a page
_NOTHING = re.compile(
    r"(n\.?/?a\.?|#n/a|none|null|nil|nan|unknown|tb[acd]|vacant|not (?:available|applicable)|[-–—.?_/ ]*)",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[\da-f]{2,5}|[a-z]+\d{0,2});", re.IGNORECASE)
_INLINE = re.compile(r"</?(?:a|b|em|font|i|small|span|strong|u)(?:\s[^<>]*)?>", re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:br|div|h[1-6]|hr|li|ol|p|table|tbody|td|tr|ul)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\]{},;:|\"]{1,64}@[^\s<>()\[\]{},;:|\"@]{1,250}")
_SITE = re.compile(
    r"(?:https?://)?(?:[^\s/@,;:|<>()\".]{1,63}\.){1,9}[^\W\d_]{2,24}(?::\d{1,5})?(?:[/?#][^\s,;|<>]*)?", re.IGNORECASE
)
LONGEST_CELL = 2_000  # characters of a cell that holds a short value, which costs more to find than a text to read
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_FLOAT = re.compile(r"(\d{7,15})\.0+|(\d)\.?(\d{0,14})e\+?(\d{1,2})", re.IGNORECASE)
_FAX = re.compile(r"\b(?:fax|f|telefax)\b[.:]?\s*[+(\d][\d ()./-]*", re.IGNORECASE)


class Cell(NamedTuple):
    """The value of a cell, "" if none can be read, and sentences on what was left out."""

    value: str
    notes: tuple[str, ...] = ()


def plain(cell: str, *, lines: bool = False) -> str:
    r"""Return the text of a cell, without invisible characters and what stands for nothing, such as "n/a".

    Raises Invalid for a formula.

    >>> plain(" \u202aTucson\u202c  AZ "), plain("N/A"), plain(" a\r\n b", lines=True)
    ('Tucson AZ', '', 'a\nb')
    """
    text = unescape_formula(without_markup(cell).strip(" "))
    parts = re.split(r"\r\n|\r|\n|\u2028|\u2029", text) if lines else [text]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(strip_hidden(part, len(part)) for part in parts)).strip()
    return "" if _NOTHING.fullmatch(text[:20]) else text


def without_markup(cell: str) -> str:
    """Return a cell without the tags and entities of a web page.

    >>> without_markup("<p>Tom &amp; <b>Jo</b></p>"), without_markup("3 < 4 & AT&T")
    ('\\nTom & Jo\\n', '3 < 4 & AT&T')
    """
    bare = _INLINE.sub("", _BLOCK.sub("\n", cell)) if "<" in cell else cell
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), bare) if "&" in bare else bare


def read_email(cell: str, _country: str = "") -> Cell:
    """Return the first mail address of a cell, in lower case and with an ASCII domain.

    >>> read_email("mailto:Bea@x.example; b2@x.example").value, read_email("<bea@bücher.example> (work)").value
    ('bea@x.example', 'bea@xn--bcher-kva.example')
    """
    text = re.sub(r"\bmailto:", " ", unicodedata.normalize("NFKC", plain(cell)), flags=re.IGNORECASE)
    if not _ADDRESS.search(text):
        text = re.sub(r" *@ *", "@", text)
    sound, wrong = [], []
    for found in _ADDRESS.findall(text):
        address = re.sub(r"\?\w+=.*", "", found).strip(".'`“”‘’")
        try:
            ascii = validate_email(address, check_deliverability=False).ascii_email or address
            sound.append(clean_email(ascii.casefold()))
        except (EmailNotValidError, Invalid):
            wrong.append(address)
    if not sound:
        return Cell("", (_("“%(cell)s” is not an email address.", cell=text[:80]),) if text else ())
    return _first_of(list(dict.fromkeys(sound)) + wrong)


def read_phone(cell: str, country: str = "") -> Cell:
    r"""Return the first telephone number of a cell as it was typed; digits alone get the country's blanks.

    ``country`` is the ISO 3166-1 code of numbers without a country code.

    >>> [read_phone(cell, "US").value for cell in ("5205550134.0", "520‑555‑0136 (cell)", "(520) 555-0134 Ext. 55")]
    ['(520) 555-0134', '520-555-0136', '(520) 555-0134 ext. 55']
    """
    text = unicodedata.normalize("NFKC", plain(cell).translate(_HYPHENS)).replace("·", ".").translate(_HYPHENS)
    text = text.lstrip("'")  # a spreadsheet's mark of a text
    if number := _FLOAT.fullmatch(text):
        text = number[1] or str(int(float(text)))
    if re.search(r"\d.{0,3}[A-Za-z]{4,}$", text) and not re.search(r"ext", text, re.IGNORECASE):
        text = phonenumbers.convert_alpha_characters_in_number(text)  # 1-800-FLOWERS
    kept = re.sub(r"(?<=\d) +- +(?=\d)", "-", _FAX.sub(" ", text)).strip(" ,;/")
    leniency = phonenumbers.Leniency.POSSIBLE  # numbers that nobody has are still somebody's to correct
    matches = phonenumbers.PhoneNumberMatcher(kept, country or "US", leniency=leniency)
    numbers = [_spoken(match.raw_string, match.number) for match in matches]
    try:
        numbers = [clean_phone(number) for number in numbers or [kept] if number]
    except Invalid:
        numbers = []
        inside = re.search(r"\+?\(?\d[\d ().-]{5,}\d", kept)  # "0131 496 0141 (office)", of another country
        if inside and inside[0] != kept:
            return read_phone(inside[0], country)
    if not numbers:
        return Cell("", (_("“%(cell)s” is not a phone number.", cell=text[:80]),) if text else ())
    return _first_of(list(dict.fromkeys(numbers)))


def read_website(cell: str, _country: str = "") -> Cell:
    """Return the first address of a website in a cell.

    >>> read_website("www.bramble.example / shop.bramble.example").value, read_website("http://").value
    ('https://www.bramble.example', '')
    """
    text = plain(cell)
    sites = []
    for found in _SITE.findall(_ADDRESS.sub(" ", text)):
        try:
            sites.append(clean_website(found.rstrip(".")))
        except Invalid:
            continue
    if not sites:
        is_empty = not re.sub(r"https?:/*|www\.?", "", text, flags=re.IGNORECASE).strip()
        return Cell("", () if is_empty else (_("“%(cell)s” is not a website address.", cell=text[:80]),))
    return _first_of(list(dict.fromkeys(sites)))


def read_line(cell: str, _country: str = "") -> Cell:
    return Cell(plain(cell))


def read_firm(cell: str, _country: str = "") -> Cell:
    """Return the name of a firm. Raises Invalid for what no name may have."""
    return Cell(clean_name(plain(cell), field="firm", what=_("the name of the firm"), limit=LONG_TEXT, required=False))


def read_text(cell: str, _country: str = "") -> Cell:
    return Cell(plain(cell, lines=True))


def peel(read: Callable[[str, str], Cell], cell: str, *, country: str, limit: int) -> Cell:
    """Return what ``read`` makes of a cell, "" with a note for a formula and for more than ``limit`` characters."""
    if len(cell) > max(LONGEST_CELL, 4 * limit):
        return Cell("", (_("It has %(count)s characters. Shorten it.", count=len(cell)),))
    try:
        found = read(cell, country)
    except Invalid as error:
        return Cell("", (error.message,))
    if len(found.value) > limit:
        told = _("It has %(count)s characters. It can have %(limit)s.", count=len(found.value), limit=limit)
        return Cell("", (*found.notes, told))
    return found


def _first_of(values: list[str]) -> Cell:
    rest = ", ".join(values[1:])
    return Cell(values[0], (_("left out: %(rest)s", rest=rest),) if rest else ())


def _spoken(raw: str, number: phonenumbers.PhoneNumber) -> str:
    """Return a number as it was typed, or formatted if it is digits alone."""
    base = re.split(r"(?:ext|x|#|;|,|~|доб)", raw, maxsplit=1, flags=re.IGNORECASE)[0] if number.extension else raw
    base = base.strip(" .-/,")
    if re.fullmatch(r"\+?\d{9,}", base):
        formats = phonenumbers.PhoneNumberFormat
        number_alone = phonenumbers.PhoneNumber()
        number_alone.merge_from(number)
        number_alone.extension = None
        base = phonenumbers.format_number(number_alone, formats.INTERNATIONAL if base[0] == "+" else formats.NATIONAL)
    return f"{base} ext. {number.extension}" if number.extension else base
