"""Names of people, firms, chapters and words: what may stand in one, however it came in."""

import re
import unicodedata

from directory.errors import Invalid
from directory.text import clean_line, mixes_alphabets
from directory.text_entities import link_spans
from directory.translation import gettext as _

MAX_PERSON_NAME = 120  # characters
MAX_MARKS = 4  # on one letter: pointed Hebrew and stacked Tibetan need that many
_ADDRESS = re.compile(r"://|\bwww\.|\w@\w|\w\.[a-z]{2,}/", re.IGNORECASE)


def clean_name(text: str, *, field: str, what: str, limit: int, required: bool = True) -> str:
    """Return one line of at most ``limit`` characters that is no address. Raises Invalid for ``field``.

    A firm may be called "Fern.com". See ``clean_person_name`` for people.
    """
    line = clean_line(text, field=field, what=what, limit=limit, required=required)
    if _ADDRESS.search(unicodedata.normalize("NFKC", line)):
        raise Invalid(_("Leave web and email addresses out of %(what)s.", what=what), field=field)
    if has_long_marks(line):
        raise Invalid(_("Remove the accents piled up in %(what)s.", what=what), field=field)
    return line


def clean_person_name(text: str, *, field: str, what: str, limit: int = MAX_PERSON_NAME, required: bool = True) -> str:
    """Return a person's name, which mail programs make no link of and whose words are of one alphabet. Raises Invalid.

    >>> clean_person_name(" St.John  O'Neil-Núñez ", field="name", what="your name")
    "St.John O'Neil-Núñez"
    """
    name = clean_name(text, field=field, what=what, limit=limit, required=required)
    plain = unicodedata.normalize("NFKC", name).replace("。", ".")
    if "." in plain and link_spans(plain):
        raise Invalid(_("Leave web and email addresses out of %(what)s.", what=what), field=field)
    for word in name.split():
        if mixes_alphabets(word):
            message = _("“%(word)s” mixes letters of two alphabets that look alike. Type it again.", word=word)
            raise Invalid(message, field=field)
    return name


def has_long_marks(text: str) -> bool:
    """Whether more marks stand on one letter than any script needs.

    >>> has_long_marks("Nguyễn שָׁלוֹם"), has_long_marks("Z" + 9 * "\u0301")
    (False, True)
    """
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        if run > MAX_MARKS:
            return True
    return False
