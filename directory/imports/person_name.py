"""Peel one person's name out of a cell: titles, degrees, "Last, First", several people; pure functions."""

import re

from nameparser import HumanName
from nameparser.config.suffixes import SUFFIX_ACRONYMS, SUFFIX_WORDS

from directory.imports.cell_values import MARKS, Cell, plain
from directory.text import LONG_TEXT, clean_text
from directory.translation import gettext as _

_TITLES = """mr mrs ms miss mx dr prof professor sir rev reverend herr frau monsieur mme madame mlle sr sra srta señor
señora dott dottssa sigra signor signora dhr mevr drs"""
TITLES = frozenset(_TITLES.split())
_DOTTED = frozenset(("dipl", "fr", "hon", "ing", "mag", "sig"))  # names as well, without the dot
_GENERATION = frozenset(("jr", "sr", "jnr", "snr", "junior", "ii", "iii", "iv"))
_DEGREES = (SUFFIX_ACRONYMS | SUFFIX_WORDS) - _GENERATION
_TITLE = re.compile(
    rf"(?:{'|'.join(sorted(TITLES - {'sr'}, key=len, reverse=True))})\.?\s",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"\s*(?:[;|\n]|:::|\s/\s|\s[&+]\s|(?<=\S)\s(?:and|und|et|y|e|och|og|en)\s)\s*", re.IGNORECASE)
_JOB_WORDS = "realtor broker agent owner president ceo cfo cto director manager attorney partner founder chair"
_JOBS = frozenset(_JOB_WORDS.split())


def read_name(cell: str, _country: str = "") -> Cell:
    """Return the name of the first person of a cell, without titles and degrees, the given name first.

    Raises Invalid for a formula and for hidden characters.

    >>> names = ("Wu, Tess", "Mr. Tom Patch, Jr.", "Ms. Rika Thorn, ABR,Mr. Jo Marsh", "Ann and Bo Lee", "王小明")
    >>> [read_name(name).value for name in names]
    ['Tess Wu', 'Tom Patch Jr.', 'Rika Thorn', 'Ann Lee', '王小明']
    """
    # What hides within a name may make it look like another's: it is refused, not taken out.
    seen = clean_text(cell.strip(MARKS), field="name", what=_("the name"), limit=LONG_TEXT, required=False)
    text = plain(seen, lines=True)
    notes = []
    text = re.sub(r"[<(]?\s*(?:mailto:)?\S+@\S+\s*[>)]?", " ", text)
    if beside := re.findall(r"[(\[]([^)\]]*)[)\]]", text):
        notes.append(_("also there: %(rest)s", rest=", ".join(beside)))
    text = re.sub(r"[(\[][^)\]]*[)\]]|[\"“”„][^\"“”„]*[\"“”]", " ", text)
    first, *others = _people(text)
    name = _in_order(first)
    if others and len(name.split()) == 1 and (last := _in_order(others[0]).split())[1:]:
        name = f"{name} {last[-1]}"  # "Ann and Bo Lee"
    if others:
        notes.append(_("another person there: %(rest)s", rest=", ".join(map(_in_order, others))))
    if not any(char.isalpha() for char in name):
        told = plain(cell)
        return Cell("", (_("“%(cell)s” is no name.", cell=told[:80]),) if told else ())
    return Cell(name, tuple(notes))


def _people(text: str) -> list[str]:
    """Split the people of a cell: at least one, which may be ""."""
    people: list[str] = []
    parts = [part for part in _PEOPLE.split(text) if not all(map(_is_title, part.split()))]  # "Mr. & Mrs. John Smith"
    for part in parts:
        pieces = [piece.strip() for piece in part.split(",") if piece.strip(" .")]
        group: list[str] = []
        for piece in pieces:
            is_new = bool(group) and (_TITLE.match(piece) or (_is_whole(piece) and _is_whole(group[0])))
            if is_new:
                people.append(", ".join(group))
                group = []
            group.append(piece)
        if group:
            people.append(", ".join(group))
    return people or [""]


def _is_whole(piece: str) -> bool:
    """Return whether a piece between commas is a name of its own, such as "Jo Marsh", and no "de la Cruz"."""
    words = [word for word in piece.split() if not _is_suffix(word)]
    return len(words) > 1 and all(word[0].isupper() and len(word.strip(".")) > 1 for word in words)


def _in_order(text: str) -> str:
    pieces = [" ".join(piece.split()) for piece in text.split(",") if piece.strip()]
    suffixes = [piece for piece in pieces[1:] if all(map(_is_suffix, piece.split()))]
    pieces = [piece for piece in pieces if piece not in suffixes] or pieces[:1]
    generation = next((word for piece in suffixes for word in piece.split() if _bare(word) in _GENERATION), "")
    if len(pieces) > 1:
        given = pieces[1].split()
        if len(given) > 1 and _bare(given[-1]) in _GENERATION:
            generation = given.pop()
        pieces = [f"{' '.join(_untitled(given))} {' '.join(_untitled(pieces[0].split()))}"]
    words = [word for word in _untitled(pieces[0].split()) if word != "-"] if pieces else []
    is_capitals = "".join(words).isupper()
    while (
        len(words) > 2
        and _bare(words[-1]) in _DEGREES
        and (words[-1].isupper() or "." in words[-1])
        and not is_capitals
    ):
        words.pop()
    if len(words) > 1 and _bare(words[-1]) in ("phd", "md", "cpa", "esq", "mba", "dds"):
        words.pop()
    name = " ".join([*words, generation] if generation else words)
    if len(words) > 1 and name.isascii() and (name.isupper() or name.islower()):
        parsed = HumanName(name)
        parsed.capitalize(force=True)
        name = str(parsed)
    return name.strip(" ,;")


def _untitled(words: list[str]) -> list[str]:
    while len(words) > 1 and _is_title(words[0]):
        words = words[1:]
    return words


def _is_title(word: str) -> bool:
    parts = set(_bare(word).split("-"))  # "Dipl.-Ing."
    return parts <= TITLES or (word.endswith(".") and parts <= TITLES | _DOTTED)


def _bare(word: str) -> str:
    return word.replace(".", "").strip(",").casefold()


def _is_suffix(word: str) -> bool:
    bare = _bare(word)
    return (
        bare in _JOBS
        or bare in _GENERATION
        or (bare in _DEGREES and (word[:2].isupper() or "." in word or bare in ("esq", "phd")))
    )
