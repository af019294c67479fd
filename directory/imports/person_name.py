"""Peel one person's name out of a cell: titles, degrees, "Last, First", several people; pure functions."""

import re

from nameparser import HumanName
from nameparser.config.suffixes import SUFFIX_ACRONYMS, SUFFIX_WORDS

from directory.imports.cell_values import MARKS, Cell, plain, without_markup
from directory.text import LONG_TEXT, clean_text
from directory.translation import gettext as _

_TITLES = """mr mrs ms miss mx dr prof professor sir rev reverend herr frau monsieur mme madame mlle sr sra srta señor
señora dott dottssa sigra signor signora dhr mevr drs"""
TITLES = frozenset(_TITLES.split())
_DOTTED_TITLES = "arch arq avv capt cllr cmdr col dipl fr gen gov hon ing lic lt mag maj pres rep sen sgt sig"
_DOTTED = frozenset(_DOTTED_TITLES.split())  # names as well, without the dot
_GENERATION = frozenset(("jr", "sr", "jnr", "snr", "junior", "ii", "iii", "iv"))
_DEGREES = (SUFFIX_ACRONYMS | SUFFIX_WORDS) - _GENERATION
_TITLE = re.compile(
    rf"(?:{'|'.join(sorted(TITLES - {'sr'}, key=len, reverse=True))})\.?\s",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"\s*(?:[;|\n]|:::|\sc/o\s|(?<=\w\w)/(?=\w\w)|\s/\s|\s[&+]\s|(?<=\S)\s(?:and|und|et|y|e|och|og|en)\s)\s*",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"(?:\w\.-?)+\w?")
# What stands beside a name; of it, what its owner is called stays: Robert "Bob" Marsh.
_BESIDE = re.compile(
    r"[(\[][^)\]]*[)\]]|(?<=\w )[\"“”„](?P<called>[^\W\d_a-z][\w.'’-]{0,20})[\"“”](?= \w|$)|[\"“”„][^\"“”„]*[\"“”]"
)
_JOB_WORDS = """
administrator advisor agent assistant associate attorney broker ceo cfo chair chairman chairwoman chief cmo consultant
coo coordinator cofounder cto director engineer executive founder head manager officer owner partner president principal
producer proprietor realtor representative secretary specialist supervisor treasurer trustee vp geschäftsführer
geschäftsführerin inhaber inhaberin gérant gérante directeur directrice dueño dueña gerente titolare
"""
_JOBS = frozenset(_JOB_WORDS.split())


def read_name(cell: str, _country: str = "") -> Cell:
    """Return the name of the first person of a cell, without titles and degrees, the given name first.

    Raises Invalid for a formula and for hidden characters.

    >>> names = ("Mrs. Patel", 'Robert "Bob" Marsh', "Wu, Tess", "Mr. Tom Patch, Jr.", "Ann and Bo Lee")
    >>> [read_name(name).value for name in names]
    ['Mrs. Patel', 'Robert "Bob" Marsh', 'Tess Wu', 'Tom Patch Jr.', 'Ann Lee']
    """
    # What hides within a name may make it look like another's: it is refused, not taken out.
    seen = clean_text(
        without_markup(cell).strip(MARKS), field="name", what=_("the name"), limit=LONG_TEXT, required=False
    )
    text = plain(seen, lines=True)
    notes = []
    text = re.sub(r"[<(]?\s*(?:mailto:)?\S+@\S+\s*[>)]?", " ", text)
    text, numbers = re.subn(r"[(+]?\d[\d ()./-]{6,}\d", " ", text)
    if numbers:
        notes.append(_("a number is left out of “%(cell)s”", cell=plain(cell)[:80]))
    text = re.sub(r"^[^\W\d_][\w /]{1,30}:\s+", "", text)  # "Contact: Bea Lind"
    if beside := re.findall(r"[(\[]([^)\]]*)[)\]]", text):
        notes.append(_("left out: %(rest)s", rest=", ".join(beside)))
    text = _BESIDE.sub(lambda beside: f' "{beside["called"]}" ' if beside["called"] else " ", text)
    first, *others = _people(text)
    first, jobs = _without_jobs(first)
    name = _in_order(first)
    if jobs:
        notes.append(_("left out: %(rest)s", rest=", ".join(jobs)))
    others = [_without_jobs(other)[0] for other in others if not has_job(other.split(",")[0])]
    if others and len(name.split()) == 1 and (last := _in_order(others[0]).split())[1:]:
        name = f"{name} {last[-1]}"  # "Ann and Bo Lee"
    if others:
        notes.append(_("another person there: %(rest)s", rest=", ".join(map(_in_order, others))))
    if not any(char.isalpha() for char in name):
        told = plain(cell)
        return Cell("", (_("“%(cell)s” is not a name.", cell=told[:80]),) if told else ())
    return Cell(name, tuple(notes))


def _people(text: str) -> list[str]:
    """Split the people of a cell: at least one, which may be ""."""
    people: list[str] = []
    parts = [part for part in _PEOPLE.split(text) if not all(map(_is_title, part.split()))]  # "Mr. & Mrs. John Smith"
    for part in parts:
        pieces = [piece.strip() for piece in part.split(",") if piece.strip(" .")]
        group: list[str] = []
        for piece in pieces:
            if group and _begins_person(piece, group[0]):
                people.append(", ".join(group))
                group = []
            group.append(piece)
        if group:
            people.append(", ".join(group))
    return people or [""]


def _begins_person(piece: str, first: str) -> bool:
    """Return whether a piece between commas is another person than the ``first`` one, not the given name to it.

    >>> _begins_person("Mr. Jo Marsh", "Rika Thorn"), _begins_person("Dr. Tess", "Okafor")
    (True, False)
    """
    if _TITLE.match(piece):
        is_titled = _TITLE.match(first) is not None
        return is_titled or (_is_whole(first) and len(_untitled(piece.split())) > 1)
    return _is_whole(piece) and _is_whole(first)


def _without_jobs(text: str) -> tuple[str, list[str]]:
    """Take "Owner" out of "Bea Lind, Owner" and of "Bea Lind - Owner"; return what stays, and what was taken.

    >>> _without_jobs("Bea Lind, Office Manager"), _without_jobs("Lind, Bea - Rise Chapter")
    (('Bea Lind', ['Office Manager']), ('Lind, Bea', ['Rise Chapter']))
    """
    text, *after = re.split(r"(?<=\w\w)\s+[-–—]+\s+", text)
    name, *rest = [piece.strip() for piece in text.split(",")]
    jobs = [piece for piece in rest if has_job(piece)]
    return ", ".join([name, *(piece for piece in rest if piece not in jobs)]), [*jobs, *after]


def has_job(text: str) -> bool:
    """Return whether a word of the text is what people are called at work, such as "Sales Director"."""
    return any(_bare(word) in _JOBS for word in text.split())


def _is_whole(piece: str) -> bool:
    """Return whether a piece between commas is a name of its own, such as "Jo Marsh", and no "de la Cruz"."""
    words = [word for word in piece.split() if not _is_suffix(word)]
    return len(words) > 1 and all(word[0].isupper() and len(word.strip(".")) > 1 for word in words)


def _in_order(text: str) -> str:
    pieces = [" ".join(piece.split()) for piece in text.split(",") if piece.strip()]
    is_whole = bool(pieces) and _is_whole(pieces[0])
    suffixes = [
        piece
        for piece in pieces[1:]
        if all(_is_suffix(word) or (is_whole and _is_credential(word)) for word in piece.split())
    ]
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
    words = _family_last(words)
    name = " ".join([*words, generation] if generation else words)
    if len(words) > 1 and name.isascii() and (name.isupper() or name.islower()):
        parsed = HumanName(re.sub(r'"[^"]*" ?', "", name))
        parsed.capitalize(force=True)
        name = str(parsed)
    return name.strip(" ,;")


def _family_last(words: list[str]) -> list[str]:
    """Return the words with the family name at the end, where it alone stands in capitals, as French lists write it.

    >>> _family_last(["LE", "GOFF", "Anne"]), _family_last(["Bea", "LIND"]), _family_last(["J.P.", "Lind"])
    (['Anne', 'Le', 'Goff'], ['Bea', 'Lind'], ['J.P.', 'Lind'])
    """
    capitals = [word for word in words if word.isupper()]
    if not any(len(word) > 3 and not _INITIALS.fullmatch(word) for word in capitals) or len(capitals) == len(words):
        return words
    if words[-len(capitals) :] != capitals and words[: len(capitals)] != capitals:
        return words
    return [*(word for word in words if not word.isupper()), *(word.title() for word in capitals)]


def _untitled(words: list[str]) -> list[str]:
    """Return the words without the titles in front; "Mrs. Patel" keeps hers, since there is no given name."""
    first = next((place for place, word in enumerate(words) if not _is_title(word)), len(words) - 1)
    return words[first - 1 :] if 0 < first == len(words) - 1 else words[first:]


def _is_title(word: str) -> bool:
    parts = set(_bare(word).split("-"))  # "Dipl.-Ing."
    is_degree = len(word) > 2 and word.islower()  # "Dr. med. dent."
    return parts <= TITLES or (word.endswith(".") and (is_degree or parts <= TITLES | _DOTTED))


def _bare(word: str) -> str:
    return word.replace(".", "").strip(",").casefold()


def _is_credential(word: str) -> bool:
    """Return whether a word looks like letters after a name that no list has: FRSA or M.Ed., not McKenzie."""
    letters = [char for char in word if char.isalpha()]
    capitals = sum(map(str.isupper, letters))
    return capitals > 1 and 2 * capitals >= len(letters) and (len(letters) > 2 or "." in word)


def _is_suffix(word: str) -> bool:
    bare = _bare(word)
    return (
        bare in _JOBS
        or bare in _GENERATION
        or (bare in _DEGREES and (word[:2].isupper() or "." in word or bare in ("esq", "phd")))
    )
