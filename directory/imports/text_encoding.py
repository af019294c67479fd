"""Decode the text of a file: UTF-8, UTF-16, or one of the code pages in which Excel saves CSV."""

import codecs
import re

from charset_normalizer import from_bytes

from directory.errors import Invalid
from directory.translation import gettext

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE = 4096  # bytes in which UTF-16 without a mark shows, and which tell a code page
_WESTERN = "äöüßéèêëàâçîïôûùñáíóúåøæãõœ’–—“”„…€°«»•™®©¿¡º²½"
_EAST_ASIAN = "\u3000-\u9fff\uff00-\uffef"
# The letters beyond ASCII that are frequent in what a code page is used for. Single-byte code pages decode each other's
# text without an error, so this decides between those that charset-normalizer finds equally good; the first wins a tie.
_FREQUENT = {
    "cp1252": _WESTERN,
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäđăâîşţ’–—“”„…€",
    "cp1254": "çğıöşüiâ’–“”…€",
    "cp1255": "א-ת",
    "cp1253": "α-ωάέήίόύώϊϋ",
    "cp1251": "а-яёіїєґў№",
    "cp1256": "\u0600-\u06ff",
    "cp1257": "āčēģīķļņšūžėįųęąöäüõå’–“”„…€",
    "cp932": _EAST_ASIAN,
    "gb18030": _EAST_ASIAN,
    "big5": _EAST_ASIAN,
    "cp949": "\uac00-\ud7af",
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
}
_CODE_PAGES = tuple(_FREQUENT)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_NOT_A_TABLE = re.compile(rb"\s*(%PDF|\{\\rtf|BEGIN:|<[!?a-z]+[\s>])", re.IGNORECASE)


def decode(content: bytes) -> tuple[str, str]:
    """Return the text of a file and a sentence on its encoding, "" if there is nothing to tell.

    Raises Invalid for content that is no text, or no table: a PDF, a web page, a vCard.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None) or _unmarked(content)
    note = ""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("utf-8", errors="replace")
        damaged = text.count("\ufffd")
        if encoding == "utf-8" and 2 * damaged < sum(char > "\x7f" for char in text):
            note = gettext("Some characters of the file cannot be read; they are shown as “\ufffd”.")
        elif encoding == "utf-8" and (page := _code_page(content)):
            text = content.decode(page, errors="replace")
            note = gettext(
                "The file is in an older format (%(encoding)s); check that its accents look right.",
                encoding=_name(page),
            )
        else:
            raise _no_table() from None
    text = text.removeprefix("\ufeff")
    if _NOT_A_TABLE.match(content) or len(_CONTROL.findall(text, 0, _SAMPLE)) > max(4, len(text[:_SAMPLE]) // 50):
        raise _no_table()
    return text, note


def _unmarked(content: bytes) -> str:
    """Return the encoding of content without a mark: UTF-16 has a zero in the same byte of most of its pairs."""
    sample = content[:_SAMPLE]
    high, low = sample[::2].count(0), sample[1::2].count(0)
    if 10 * max(high, low) > len(sample) // 2 and 20 * min(high, low) < max(high, low):
        return "utf-16-be" if high > low else "utf-16-le"
    return "utf-8"


def _code_page(content: bytes) -> str | None:
    """Guess the code page from the first lines that are not ASCII, None if the content is no text."""
    lines = (line for line in content.splitlines() if not line.isascii())
    sample = b""
    for line in lines:
        sample += line[:_SAMPLE] + b"\n"
        if len(sample) > _SAMPLE:
            break
    scores = [
        (round(match.chaos - _share(str(match), _FREQUENT[page]), 1), _CODE_PAGES.index(page))
        for match in from_bytes(sample, cp_isolation=list(_CODE_PAGES), threshold=1.0)
        for page in match.could_be_from_charset
        if page in _FREQUENT
    ]
    return _CODE_PAGES[min(scores)[1]] if scores else None


def _name(page: str) -> str:
    """Return the name of a code page as people know it."""
    return page.replace("cp125", "Windows-125")


def _share(text: str, frequent: str) -> float:
    """Return the share, 0 to 1, of the characters beyond ASCII that are frequent."""
    foreign = re.sub(r"[\x00-\x7f]", "", text).lower()
    return len(re.findall(f"[{frequent}]", foreign)) / max(1, len(foreign))


def _no_table() -> Invalid:
    return Invalid(gettext("This is not a table. Save the list as CSV or as an Excel workbook and send that."))
