"""How people spell capabilities: cells cut into single ones, and names that mean the same node in another spelling.

What is only near in meaning is never the same here: "HVAC repair" is not "HVAC".
"""

import re
from collections.abc import Container, Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from directory.engine.sentence_encoder import load_model
from directory.name_rules import has_long_marks
from matching.text_normalization import Token, clean_text, fold, tokens

LONGEST = 120  # characters of a capability; a longer piece of a cell is cut at a word
TYPED_SHORTEST, REPLACED_SHORTEST = 7, 10  # letters of a name with a typing error, and with a replaced letter
# The commas of numbers and of what stands in brackets separate nothing, nor does the hyphen in a word.
_BREAK = re.compile(r"[;|\n•·]|:::")
_WEAK_BREAK = re.compile(r",(?!\d)(?![^()]*\))|\s[-–—]\s")
_PARTS = re.compile(r"\s*(?:[/&+]|\band\b)\s*", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^()]*)\)?")
_LINK = frozenset(("and", "of", "for", "the", "a", "an", "in", "to", "our", "we"))
_TRADE = frozenset(
    ("service", "solution", "system", "company", "firm", "agency", "expert", "specialist", "professional")
)
# Who does it: "divorce attorney" means divorce or divorce law, "carpet cleaner" carpet cleaning, "baker" a bakery.
_PRACTITIONERS = {"attorney": "law", "lawyer": "law", "therapist": "therapy", "surveyor": "surveying"} | dict.fromkeys(
    ("contractor", "consultant", "broker", "agent", "installer", "technician", "provider", "pro"), ""
)
_DOER, _DEED = re.compile(r"(?<=\w{3})(?:er|or|ist)$"), re.compile(r"(?<=\w{3})(?:ery|ry|ion|ing)$")
_ADDRESS = re.compile(r"@|://|\bwww\.", re.IGNORECASE)
_NOTHING = frozenset(
    ("none", "na", "nil", "tbd", "tba", "unknown", "other", "misc", "etc", "yes", "no", "true", "false")
)


def cut_cell(text: str, known: Container[str] = ()) -> list[str]:
    """Return the pieces of a cell, each once. ``known`` are names and codes, casefolded, that may hold a comma.

    >>> cut_cell("Wills, trusts; 541511; - SEO, PPC", {"wills, trusts"})
    ['Wills, trusts', '541511', 'SEO', 'PPC']
    """
    if (whole := text.strip()).casefold() in known:
        return [whole]
    raw = [" ".join(piece.split()) for piece in _BREAK.split(text)]
    pieces = [part for piece in raw for part in ([piece] if piece.casefold() in known else _WEAK_BREAK.split(piece))]
    return list(dict.fromkeys(filter(None, (piece.strip(' \t"-–*') for piece in pieces))))


def split_cell(text: str) -> list[str]:
    """Return the capabilities of a cell, as written, each once; nothing where the cell says nothing.

    >>> split_cell("UI/UX design, SEO; HVAC - plumbing\\nAudits (1,000+ rows, yearly) | n/a")
    ['UI/UX design', 'SEO', 'HVAC', 'plumbing', 'Audits (1,000+ rows, yearly)']
    """
    pieces = dict[str, str]()
    for raw in cut_cell(clean_text(text)):
        piece = re.sub(r"^(?:(?:and|&)\s+|[\s\-*>.:#]+)+", "", raw, flags=re.IGNORECASE)
        piece = piece if len(piece) <= LONGEST else piece[: LONGEST + 1].rpartition(" ")[0] or piece[:LONGEST]
        piece = piece.strip(" .:&,-")
        key = _key(tokens(piece))
        if (
            re.search(r"[^\W\d_]{2}|[^\W\d_][+#]", piece)
            and key not in _NOTHING
            and not _ADDRESS.search(piece)
            and not has_long_marks(piece)
        ):
            pieces.setdefault(key or piece.casefold(), piece)
    return list(pieces.values())


class Spellings:
    """The names of ``nodes``, (id, name, synonyms) each: of equal spellings the first node's counts, names first."""

    def __init__(self, nodes: Iterable[tuple[int, str, Sequence[str]]]) -> None:
        self._ids: dict[str, int] = {}  # by the letters in their order
        self._by_words: dict[frozenset[str], int] = {}  # by the stems in any order
        self._by_deeds: dict[frozenset[str], int] = {}  # by what is done, without the endings of the words
        self._words: dict[str, frozenset[str]] = {}  # the words of the spelling with these letters
        rows = list(nodes)
        for id, name, _synonyms in rows:
            self.add(id, name)
        for id, _name, synonyms in rows:
            for synonym in synonyms:
                self.add(id, synonym)
        for id, name, _synonyms in rows:
            self._by_words.setdefault(_stems(tokens(clean_text(name)), without=_TRADE), id)
        self._by_words.pop(frozenset(), None)

    def find(self, text: str) -> tuple[int, ...]:
        """Return the nodes that the whole of ``text`` names, () if it names none.

        One node in another spelling, or several that stand together: "HVAC & plumbing", where each is known.
        """
        text = clean_text(text)
        if (id := self._one(text)) is not None:
            return (id,)
        inside = [piece for bracket in _BRACKETS.findall(text) for piece in split_cell(bracket)]
        if inside and (outside := self._one(_BRACKETS.sub(" ", text))) is not None:
            return tuple(dict.fromkeys((outside, *(id for piece in inside for id in self.find(piece)))))
        parts = [part for part in _PARTS.split(text) if part]
        if len(parts) < 2:
            return ()
        head = parts[-1].rpartition(" ")[2]
        first, last = parts[:-1], self._one(parts[-1])
        found = [known if (known := self._one(f"{part} {head}")) is not None else self._one(part) for part in first]
        ids = [id for id in (*found, last) if id is not None]
        return tuple(dict.fromkeys(ids)) if len(ids) == len(parts) else ()

    def add(self, id: int, name: str) -> None:
        """Let ``name`` mean the node from now on, unless it means another."""
        words = tokens(clean_text(name))
        if key := _key(words):
            self._ids.setdefault(key, id)
            self._words.setdefault(key, frozenset(word.form for word in words))
            self._by_words.setdefault(_stems(words), id)
            self._by_deeds.setdefault(frozenset(_DEED.sub("", stem) for stem in _stems(words)), id)

    def _one(self, text: str) -> int | None:
        words = tokens(text)
        key, stems, core = _key(words), _stems(words), _stems(words, without=_TRADE)
        if not key:
            return None
        for known in (self._ids.get(key), self._by_words.get(stems), self._by_words.get(core) if core else None):
            if known is not None:
                return known
        typed = self._typed(key, words) or self._typed(_letters(words, text), words)
        return typed or self._practised(" ".join(word.form for word in words))

    def _practised(self, title: str) -> int | None:
        """Return the node of what somebody with this title does, None if the title names nobody who does it."""
        first, _space, last = title.rpartition(" ")
        practice = _PRACTITIONERS.get(last)
        if practice is not None:
            return self._one(f"{first} {practice}") or self._one(first)
        deed = _DOER.sub("", last)
        return None if deed == last else self._by_deeds.get(_stems(tokens(first)) | {deed})

    def _typed(self, key: str, words: Sequence[Token]) -> int | None:
        """Return the only node whose name is one typing error away, if what was typed is no word of its own."""
        if len(key) < TYPED_SHORTEST:
            return None
        near = process.extract(key, self._ids.keys(), scorer=OSA.distance, score_cutoff=1, limit=None)
        ids = {
            self._ids[meant]
            for meant, _errors, _at in near
            if (len(meant) != len(key) or sorted(meant) == sorted(key) or len(key) >= REPLACED_SHORTEST)
            and all(_is_no_word(word.form) for word in words if word.form not in self._words[meant])
        }
        return ids.pop() if len(ids) == 1 else None


def _is_no_word(form: str) -> bool:
    """Return whether a word is long and in no dictionary; the only one here is that of the sentence model."""
    model = load_model()
    return len(form) >= TYPED_SHORTEST - 1 and form.isalpha() and model is not None and not model.is_word(form)


def _key(words: Sequence[Token]) -> str:
    """Return the letters of a spelling, without plurals, hyphens and links; "s" stands for "z" too."""
    return "".join(word.form for word in words if word.form not in _LINK).replace("z", "s")


def _letters(words: Sequence[Token], text: str) -> str:
    """Return the same with plurals as they are written, since a missing letter may make one: "Wordpres"."""
    return "".join(fold(text[word.start : word.end]) for word in words if word.form not in _LINK).replace("z", "s")


def _stems(words: Sequence[Token], without: frozenset[str] = frozenset()) -> frozenset[str]:
    return frozenset(word.stem.replace("z", "s") for word in words if word.form not in _LINK | without)
