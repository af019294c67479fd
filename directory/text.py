"""Text: cleaning input before it is stored, and normalizing text before it is compared.

The engine normalizes sentences differently, with stems and positions: see ``matching.text_normalization``.
"""

import re
import unicodedata
from urllib.parse import urlsplit

from directory.errors import Invalid
from directory.translation import gettext as _

LONG_TEXT = 10_000  # characters that a text about a firm may have; it is cut where it is shown
# Control characters, including bidirectional ones, and invisible characters let a name imitate another.
_BLANK, _JOINER = "\u034f\u115f\u1160\u2800\u3164\uffa0", "\u200d"
# Letters of other alphabets that look like Latin ones, and what phones type for a quote or a hyphen.
_SAME_SHAPE = str.maketrans("авекмнорстухіјѕԁԛԝɡαεικνορτυχ", "abekmhopctyxijsdqwgaeikvoptux")
_SAME_SIGN = str.maketrans("\u2018\u2019\u02bc\u2010\u2013", "'''--", _JOINER)
_FORMULA = frozenset("=+-@\t\r\x00")  # a spreadsheet may evaluate a cell that begins with one of these
_OUTSIDE_WORDS = re.compile(r"[^\w+#&.%-]")
# Letters that do not decompose, as people without them on the keyboard type them.
_PLAIN_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
# Accents, and the vowel points of Hebrew and Arabic, which are rarely written. Vowel signs of other scripts stay.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u064b-\u065f\u0670\u20d0-\u20ff]")
# Chinese, Japanese and Korean write words without blanks: each character is a word, so that parts are found.
_UNSPACED = re.compile("([\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])")


def clean_line(text: str, *, field: str, what: str, limit: int, required: bool = True) -> str:
    """Return one line of at most ``limit`` characters; each run of white space becomes one blank.

    Raises Invalid for ``field``; ``what`` names it in the message.

    >>> clean_line("  Bramble &\\n Co ", field="name", what="the name", limit=20)
    'Bramble & Co'
    """
    return _checked(re.sub(r"\s+", " ", text), field, what, limit, required)


def clean_text(text: str, *, field: str, what: str, limit: int, required: bool = True) -> str:
    """Return several lines, with ``\\n`` as line end and at most one empty line in a row. Raises Invalid."""
    lines = [re.sub(r"[^\S\n]+", " ", line).strip() for line in re.split(r"\r\n|\r|\n|\u2028|\u2029", text)]
    return _checked(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)), field, what, limit, required)


def clean_website(text: str) -> str:
    text = clean_line(text, field="website", what=_("the address of the website"), limit=200, required=False)
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    wrong = Invalid(_("Enter the address of your website, such as https://example.com."), field="website")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        sound = parts.scheme in ("http", "https") and "." in host and "@" not in parts.netloc and (parts.port or 1)
    except ValueError:
        raise wrong from None
    if not sound or " " in address or len(address) > 200:
        raise wrong
    return address


def clean_phone(text: str) -> str:
    text = clean_line(text, field="phone", what=_("the phone number"), limit=40, required=False)
    digits = sum(char.isdigit() for char in text)
    if text and not (re.fullmatch(r"\+?[0-9()./ -]+(?:(?:ext\.?|x) ?[0-9]{1,6})?", text) and 7 <= digits <= 20):
        raise Invalid(_("Enter a phone number such as +1 520 555 0134."), field="phone")
    return text


def clean_email(text: str) -> str:
    """A mail address, without the ``?`` and ``%`` that would add to what a mailto link says. Raises Invalid."""
    text = clean_line(text, field="email", what=_("the email address"), limit=254, required=False)
    if text and not re.fullmatch(r"[A-Za-z0-9.!#$&'*+/=^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", text):
        raise Invalid(_("Enter an email address such as you@example.com."), field="email")
    return text


def clean_video(text: str) -> str:
    """An https address whose host a reader can tell from any other. Raises Invalid."""
    text = clean_line(text, field="video", what=_("the address of the video"), limit=190, required=False)
    address = text if "://" in text or not text else f"https://{text}"
    if address and not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[!#-;=?-~]*)?", address, re.IGNORECASE):
        message = _("Enter where the video is, such as https://vimeo.com/76979871. It has to start with https.")
        raise Invalid(message, field="video")
    return address


def _checked(text: str, field: str, what: str, limit: int, required: bool) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if required and not any(unicodedata.category(character)[0] in "LNPS" for character in text[: limit + 1]):
        raise Invalid(_("Enter %(what)s.", what=what), field=field)
    if len(text) > limit:
        raise Invalid(
            _("Shorten %(what)s to %(limit)s characters; it has %(count)s.", what=what, limit=limit, count=len(text)),
            field=field,
        )
    for position, character in enumerate(text):
        is_hidden = not character.isprintable() or character in _BLANK
        if is_hidden and character not in ("\n", _JOINER):  # emoji sequences need the joiner
            raise Invalid(
                _(
                    "Remove the hidden character %(code)s at position %(place)s of %(what)s.",
                    code=f"U+{ord(character):04X}",
                    place=position + 1,
                    what=what,
                ),
                field=field,
            )
    return text


def strip_hidden(text: str, limit: int) -> str:
    r"""Return external text as one line of at most ``limit`` characters, without hidden or bidirectional characters.

    >>> strip_hidden("@me\u202e\n <b>", 5)
    '@me <'
    """
    line = " ".join(unicodedata.normalize("NFC", text[: 4 * limit]).split())
    shown = "".join(character for character in line if character.isprintable() and character not in _BLANK)
    return " ".join(shown.split())[:limit]


def fold(text: str) -> str:
    """Return ``text`` normalized for search: no case, no accents, punctuation only inside words.

    >>> fold("Piñon  Digital, C++ & WordPress®"), fold("Þórður Bø"), fold("王小明")
    ('pinon digital c++ and wordpress', 'thordur bo', '王 小 明')
    """
    letters = text.casefold()
    if text.isascii():
        letters = _OUTSIDE_WORDS.sub(" ", letters)
    else:
        letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        letters = unicodedata.normalize("NFC", _ACCENTS.sub("", letters)).translate(_PLAIN_LETTERS)
        outside = _OUTSIDE_WORDS.sub(lambda match: match[0] if _is_mark(match[0]) else " ", letters)
        letters = _UNSPACED.sub(r" \1 ", outside)
    words = (word.strip("._-") or word for word in letters.split())
    return " ".join("and" if word == "&" else word for word in words)


def _is_mark(character: str) -> bool:
    """Whether ``character`` belongs to the letter before it, such as a vowel sign."""
    return unicodedata.category(character)[0] == "M"


def latinised(text: str) -> str:
    """Return ``text`` folded, with letters of other alphabets replaced by the Latin ones they look like."""
    return fold(text).translate(_SAME_SHAPE)


def confusable_skeleton(text: str) -> str:
    """Return a key that is equal for names that look the same: latinised letters and digits, without blanks.

    >>> confusable_skeleton("Beа  Lindqvіst") == confusable_skeleton("BEA LINDQVIST") == "bealindqvist"
    True
    """
    return "".join(character for character in latinised(text) if character.isalnum() or _is_mark(character))


def mixes_alphabets(word: str) -> bool:
    """Whether ``word`` mixes alphabets that have letters of the same shape."""
    letters = filter(str.isalpha, unicodedata.normalize("NFKC", word))
    alphabets = {unicodedata.name(letter, "").split()[0] for letter in letters}
    return len(alphabets & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"}) > 1


def caseless(text: str) -> str:
    """Return ``text`` normalized for looking up names: no case, one kind of blank, quote and hyphen; accents stay."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SAME_SIGN).casefold().split())


def escape_formula(cell: str) -> str:
    """Return ``cell`` for a spreadsheet, with a leading ' if it might be evaluated as a formula."""
    return f"'{cell}" if cell[:1] in _FORMULA else cell


def unescape_formula(cell: str) -> str:
    """Return the cell that ``escape_formula`` was given. Raises Invalid for a formula; numbers may begin with + or -.

    >>> unescape_formula("'=1+1"), unescape_formula("-5"), unescape_formula("'tis fine")
    ('=1+1', '-5', "'tis fine")
    """
    if cell[:1] == "'" and cell[1:2] in _FORMULA:
        return cell[1:]
    if cell[:1] in _FORMULA - {"+", "-"}:
        raise Invalid(_("It begins like a formula; write it as plain text, or put one ' in front."))
    return cell
