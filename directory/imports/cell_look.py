"""What a cell looks like to a reader who knows no header: an address, a person, a firm, a region, a date; pure."""

import re

from directory.imports.person_name import TITLES, has_job, read_name
from directory.imports.place_block import is_region
from directory.people.duplicates import LEGAL
from directory.text import fold, strip_hidden

_FIRM_WORDS = """
accounting advisors advisory agency apartments architects architecture arts associates association auto automotive
bakery bank bar bookkeeping books brewery builders building cafe capital care catering center centre chamber church
city clinic club coffee college collective communications companies computer concepts construction consultants
consulting contracting contractors council creative credit deli dental design designs development digital district
electric electrical electronics energy engineering enterprises environmental equipment events express farm farms fence
finance financial fitness florist foods foundation funerals furniture gallery garage garden grill gym health
healthcare heating home homes hospital hotel house imaging industries inn institute insurance interiors international
investments jewelers jewelry kitchen lab labs landscaping law lawyers legal library logistics machine management
manufacturing market marketing media medical mortgage motors museum music network office optical painting partners
partnership pharmacy photo photography pizza plumbing press print printing production productions products project
properties property real realty rentals repair resort restaurant restoration roofing salon school security service
services shop shoes signs software solar solutions spa sports staffing storage store strategies studio studios supply
systems tax team tech technologies technology textiles theatre title tours towing trading training transport travel
trust university ventures veterinary video vineyard web wellness wine works yoga bau dach handel kanzlei praxis werk
technik verein dienst cabinet toitures atelier bureau agence boulangerie garage bufete tejados estudio despacho
servicios asociados associes partner sons daughters brothers bros industrie timber tile lumber freight data cloud
group
"""
_FIRM = (
    frozenset(_FIRM_WORDS.split())
    | (LEGAL - {"the", "and", "sa", "as", "ab", "sl", "bv", "nv", "co"})
    | {"株式会社", "有限公司"}
)
_PHONE = re.compile(
    r"(?:[A-Za-z]{1,8}[:.]? *)?[+(]?\d[\d ()./‐‑–·-]{5,24}\d(?:\.0)?(?:,? *(?:ext|x|#)\.? *\d{1,6})?(?: *\([a-z]+\))?",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+|(?:[\w-]+\.)+[a-z]{2,12}(?:/\S*)?", re.IGNORECASE)
_DATE = re.compile(
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})(?:[T ].*)?|\d{1,2} [A-Za-z]{3} \d{4}|(?:19|20)\d\d"
)
_YES = "yes no y n true false x ja nein oui non si sí 1 0 on off active inactive"
_YES_NO = frozenset(_YES.split())
_PROFILE = re.compile(r"(?:linkedin|twitter|x|instagram|facebook|tiktok)\.com/(?:in/|pub/|\w)", re.IGNORECASE)


def look(cell: str) -> str:
    """Return the name of what a filled cell looks like, "" for a text without a look.

    One of: email, website, profile, date, number, phone, yes, salutation, region, long, job, firm, person.

    >>> [look(cell) for cell in ("b@x.example", "(520) 555-0141", "Brook Roofing", "Ansel Brook", "yes", "7")]
    ['email', 'phone', 'firm', 'person', 'yes', 'number']
    """
    text = strip_hidden(cell, 400)
    if text[:1] in ("=", "@"):
        return ""
    if re.search(r"\S@\S+\.\w", text) or ("@" in text and " " not in text):
        return "email"
    if fold(text) in _YES_NO:
        return "yes"
    if text.rstrip(".").casefold() in TITLES | {"m"}:
        return "salutation"
    if _DATE.fullmatch(text):
        return "date"
    if re.fullmatch(r"\d{3}\.\d{3}\.\d{4}", text):
        return "phone"
    if re.fullmatch(r"[+-]?[$€£#]?\d{1,3}(?:[.,]\d+)*|\d{1,8}|\d+\.[1-9]\d*|-\d+(\.\d+)?|\d{12,}", text):
        return "number"
    if _PHONE.fullmatch(re.split(r" *[;,|] *", strip_hidden(cell.strip().partition("\n")[0], 400))[0]):
        return "phone"
    if _URL.fullmatch(text):
        return "profile" if _PROFILE.search(text) else "website"
    if is_region(text):
        return "region"
    if len(text.split()) > 8 or len(text) > 90:
        return "long"
    return _person_or_firm(text)


def _person_or_firm(text: str) -> str:
    words = re.findall(r"[^\W\d_]+", fold(text))
    if has_job(" ".join(words[-1:])) and "," not in text:
        return "job"
    if any(word in _FIRM for word in words) or re.search(r"株式会社|有限公司|(?i:^the )", text):
        return "firm"
    name = read_name(text)
    parts = name.value.split()
    if not 2 <= len(parts) <= 5 and not re.fullmatch(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af ]{2,6}", name.value):
        return ""
    is_named = all(
        part[0].isupper() or len(part) < 4 or not part[0].isascii() or not part[0].isalpha() for part in parts
    )
    return "person" if is_named and not re.search(r"[\d/:!?]", name.value) else ""
