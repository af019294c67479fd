"""Recognise what each column of a list holds, by the words of its header and by its cells, with a grade.

What is not sure is left open for a person to set: a column is taken only if its header and its cells agree.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, NamedTuple

from directory.imports.cell_look import look
from directory.imports.column_words import TAGS, header_scores, header_words, is_other
from directory.people.place import locate

SAMPLE = 100  # filled cells of a column that are looked at
Kind = Literal["people", "firms"]
PERSON_FIELDS = frozenset(("first", "last", "role", "wants"))
_SPARED = ("email", "phone", "capabilities")  # of several, any will do, or all
_PRIVATE = frozenset(("home", "private", "personal", "privat", "prive"))
_OTHERS_OWN = frozenset(("assistant", "emergency", "spouse", "buyer", "billing", "owner"))
_TEXTS = frozenset(("summary", "wants", "capabilities"))
_LABELS = (["category"], ["categories"], ["trade"], ["trades"])
# The share of filled cells that must look so for a header to be believed, and the looks that no such column has.
_MUST = {"email": ("email", 0.4), "phone": ("phone", 0.4), "website": ("website", 0.4)}
_NEVER = {
    "name": {"email", "phone", "website", "profile", "date", "number", "yes", "region", "salutation", "long", "job"},
    "firm": {"email", "phone", "profile", "date", "number", "yes", "salutation", "long", "job"},
    "role": {"email", "phone", "website", "profile", "date", "number", "yes", "salutation", "region", "long"},
    "summary": {"email", "phone", "website", "profile", "date", "number", "yes", "salutation", "region"},
    "city": {"email", "phone", "website", "profile", "date", "number", "yes", "salutation"},
    "region": {"email", "phone", "website", "profile", "date", "number", "yes", "salutation", "long", "firm"},
    "key": {"email", "yes", "date"},  # and no two alike
}
_NEVER |= {
    "first": _NEVER["name"],
    "last": _NEVER["name"],
    "wants": _NEVER["summary"],
    "capabilities": _NEVER["summary"],
}


class Grade(StrEnum):
    """How sure a recognition is."""

    SURE = "sure"
    LIKELY = "likely"
    OPEN = "open"


class Column(NamedTuple):
    """The field of a column, "" if it is left out; such a column is OPEN if it holds something that may be a field.

    ``spare`` is the field that it may fill in where the better column is empty.
    """

    field: str
    grade: Grade
    spare: str = ""


class _Cells:
    """What a column's sample looks like."""

    def __init__(self, cells: Sequence[str]) -> None:
        self.cells = cells
        filled = [cell.strip() for cell in cells if cell.strip()]
        self.share_filled = len(filled) / max(1, len(cells))
        self.filled = filled[:SAMPLE]
        self.looks = Counter(map(look, self.filled))
        self.distinct, self.count = len(set(filled)), len(filled)

    def share(self, *looks: str) -> float:
        """The share of the filled cells that look so, 0 to 1."""
        return sum(self.looks[name] for name in looks) / max(1, len(self.filled))

    @property
    def is_enum(self) -> bool:
        """Whether a few values repeat, as no names do."""
        return self.count >= 8 and self.distinct <= max(2, self.count // 5)

    @property
    def person(self) -> float:
        """How much the cells look like persons rather than firms, -1 to 1."""
        return self.share("person") - self.share("firm")

    def allows(self, field: str) -> bool:
        """Whether the cells may be those of a field."""
        if field == "website" and len(self.filled) > 3 and len(set(map(_host, self.filled))) == 1:
            return False  # the pages of a directory about them
        if field in _MUST:
            wanted, least = _MUST[field]
            bare = self.share("number") if field == "phone" else 0  # telephones as a spreadsheet's numbers
            return not self.filled or self.share(wanted) + bare * all(len(cell) > 9 for cell in self.filled) >= least
        if field in ("name", "first", "last") and self.is_enum and (field == "name" or self.distinct <= 2):
            return False
        if field == "key" and self.distinct < self.count:
            return False
        if field == "capabilities" and self.count >= 8 and self.distinct == 1:
            return False
        return self.share(*_NEVER[field]) <= 0.5


def _host(address: str) -> str:
    return address.casefold().split("://")[-1].split("/")[0]


def recognise(header: Sequence[str] | None, rows: Sequence[Sequence[str]], kind: Kind = "people") -> list[Column]:
    """Return what each column of a list holds. ``rows`` are a sample without the header; no field is returned twice.

    Of a list of firms, "name" is the name of the firm, and persons are left out.

    >>> rows = [["Brook Roofing", "Ansel Brook"], ["Thorn Law", "Jo Ek"]]
    >>> [(column.field, str(column.grade)) for column in recognise(["Name", "Contact"], rows)]
    [('firm', 'likely'), ('name', 'likely')]
    """
    width = max(len(header or ()), Counter(map(len, rows)).most_common(1)[0][0] if rows else 0)
    columns = [_Cells([row[place] if place < len(row) else "" for row in rows]) for place in range(width)]
    taken: dict[str, tuple[int, Grade]] = {}
    if header is not None:
        names = [*header, *[""] * (width - len(header))]
        _by_header(names, columns, kind, taken)
        _settle_names(names, columns, kind, taken)
    _by_look(columns, taken, has_header=header is not None)
    if header is not None:
        _names_by_look(names, columns, kind, taken)
    else:
        _in_usual_order(columns, taken)
    if kind == "firms":
        firm = taken.pop("firm", None)
        taken.pop("name", None)
        taken = {field: found for field, found in taken.items() if field not in PERSON_FIELDS}
        if firm:
            taken["name"] = firm
    result = [
        Column(
            "",
            Grade.OPEN if cells.filled else Grade.SURE,
            _spare(header[place], cells) if header and place < len(header) else "",
        )
        for place, cells in enumerate(columns)
    ]
    for field, (place, grade) in taken.items():
        result[place] = Column(field, grade)
    return result


def _spare(name: str, cells: _Cells) -> str:
    """Return the field that a column left out may fill in, "" for none."""
    words, scores = header_words(name), header_scores(name)
    for field in _SPARED:
        hidden = _OTHERS_OWN if field == "email" else _OTHERS_OWN | _PRIVATE  # an invitation needs some address
        if cells.filled and hidden.isdisjoint(words) and scores.get(field, 0) >= 0.55 and cells.allows(field):
            return field
    return ""


def _by_header(
    names: Sequence[str], columns: Sequence[_Cells], kind: Kind, taken: dict[str, tuple[int, Grade]]
) -> None:
    """Take the fields that headers name, the best named and filled first."""
    candidates = []
    for place, (name, cells) in enumerate(zip(names, columns, strict=True)):
        scores = header_scores(name)
        if kind == "firms":
            is_name = "name" in scores
            scores = {field: score for field, score in scores.items() if field not in PERSON_FIELDS | {"name"}}
            if frozenset(header_words(name)) & TAGS:
                scores["capabilities"] = 0.9
            if header_words(name) in (["name"], ["title"], ["member", "name"], ["member"], ["who"]):
                scores["firm"] = 0.97 if is_name else 0.6
        else:
            scores.pop("key", None)
            if header_words(name)[-1:] in _LABELS:
                scores["capabilities"] = 0.7  # categories of people may be anything
        if not cells.filled:
            scores = {field: score for field, score in scores.items() if field not in _TEXTS and score >= 0.9}
        if len(scores) > 1 and max(scores.values()) >= 0.9:
            scores = {field: score for field, score in scores.items() if score >= 0.9}
        for field, score in scores.items():
            if score >= 0.55 and cells.allows(field):
                candidates.append((score * (0.6 + 0.4 * (cells.share_filled**0.5)), -place, field, score))
    for _rank, minus_place, field, score in sorted(candidates, reverse=True):
        if field not in taken and -minus_place not in {place for place, _grade in taken.values()}:
            taken[field] = (-minus_place, Grade.SURE if score >= 0.9 else Grade.LIKELY)


def _settle_names(
    names: Sequence[str], columns: Sequence[_Cells], kind: Kind, taken: dict[str, tuple[int, Grade]]
) -> None:
    """Settle which columns are persons and which are firms where their headers leave it open."""
    named = [
        place
        for place, name in enumerate(names)
        if header_scores(name).get("name", 0) >= 0.55 and columns[place].allows("name")
    ]
    if "first" in taken or "last" in taken:
        _settle_name_beside_parts(named, columns, taken)
    elif "name" in taken:
        if "firm" not in taken and len(named) > 1 and kind == "people":
            _settle_firm_and_contact(names, named, columns, taken)
        _settle_name_or_firm(columns, taken)


def _settle_name_beside_parts(
    named: Sequence[int], columns: Sequence[_Cells], taken: dict[str, tuple[int, Grade]]
) -> None:
    """Settle what "Name" is beside a column of given or family names: the other part, the same person, or the firm."""
    place, _grade = taken.pop("name", (None, Grade.OPEN))
    if "first" in taken and "last" in taken:
        lasts = columns[taken["last"][0]].cells
        firms = [
            place
            for place in named
            if columns[place].share("firm") > 0.2 and not _has_parts(columns[place].cells, lasts)
        ]
        if "firm" not in taken and firms:
            taken["firm"] = (min(firms, key=lambda place: columns[place].person), Grade.LIKELY)
    elif place is not None:
        if columns[place].share("person") < 0.5:  # "Nom" beside "Prénom", "Nombre" beside "Apellidos"
            taken["last" if "first" in taken else "first"] = (place, Grade.LIKELY)
        else:
            taken.pop("first", None)
            taken.pop("last", None)
            taken["name"] = (place, _grade)


def _has_parts(cells: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether most cells hold the part of their row, as full names hold the family name."""
    pairs = [(cell.casefold(), part.casefold()) for cell, part in zip(cells, parts, strict=True) if cell and part]
    return 2 * sum(part in cell for cell, part in pairs) > len(pairs)


def _settle_firm_and_contact(
    names: Sequence[str], named: Sequence[int], columns: Sequence[_Cells], taken: dict[str, tuple[int, Grade]]
) -> None:
    """Settle "Name" and "Contact": the firm and its person, whichever stands where."""
    generic = [place for place in named if header_words(names[place])[-1:] in (["name"], ["member"])]
    person = max(named, key=lambda place: (round(columns[place].person + 0.3 * (place not in generic), 2), -place))
    firm = min((place for place in named if place != person), key=lambda place: columns[place].person)
    if columns[person].person - columns[firm].person > 0.2 or (firm in generic and person not in generic):
        taken["name"], taken["firm"] = (person, Grade.LIKELY), (firm, Grade.LIKELY)


def _settle_name_or_firm(columns: Sequence[_Cells], taken: dict[str, tuple[int, Grade]]) -> None:
    """Settle a "Name" that holds firms: it is the firm, or the two headers are the wrong way round."""
    place, _grade = taken["name"]
    if columns[place].share("firm") <= 0.5:
        return
    if "firm" not in taken:
        del taken["name"]
        taken["firm"] = (place, Grade.LIKELY)
    elif columns[taken["firm"][0]].person > 0.5:
        taken["name"], taken["firm"] = (taken["firm"][0], Grade.LIKELY), (place, Grade.LIKELY)
    elif columns[place].share("firm") > 0.8:
        del taken["name"]


def _by_look(columns: Sequence[_Cells], taken: dict[str, tuple[int, Grade]], *, has_header: bool) -> None:
    """Take the fields that cells alone tell, of columns that no field has yet."""
    least = 0.8 if has_header else 0.5
    for field in ("email", "phone", "website", "region"):
        free = _free(columns, taken)
        if field in taken or not free or (has_header and field != "email"):
            continue
        best = max(free, key=lambda place: (columns[place].share(field), -place))
        if columns[best].share(field) > least:
            taken[field] = (best, Grade.LIKELY)
    if not has_header and "city" not in taken:
        for place in _free(columns, taken):
            cells = columns[place]
            is_town = len(cells.filled) > 1 or "region" in taken
            if is_town and sum(locate(cell.split(",")[0]) is not None for cell in cells.filled) > 0.7 * len(
                cells.filled
            ):
                taken["city"] = (place, Grade.LIKELY)
                break


def _names_by_look(
    names: Sequence[str], columns: Sequence[_Cells], kind: Kind, taken: dict[str, tuple[int, Grade]]
) -> None:
    """Take the only column of persons, and the only one of firms, whose headers say nothing else."""
    for field, least in (("name", 0.7), ("firm", 0.4)):
        if field in taken or (field == "name" and (kind == "firms" or taken.keys() & {"first", "last"})):
            continue
        free = [
            place for place in _free(columns, taken) if not header_scores(names[place]) and not is_other(names[place])
        ]
        found = [place for place in free if columns[place].allows(field) and not columns[place].is_enum]
        found = [
            place for place in found if 3 * sum(";" in cell for cell in columns[place].filled) < columns[place].count
        ]
        found = [place for place in found if columns[place].share("firm" if field == "firm" else "person") > least]
        if len(found) == 1:
            taken[field] = (found[0], Grade.LIKELY)


def _in_usual_order(columns: Sequence[_Cells], taken: dict[str, tuple[int, Grade]]) -> None:
    """Take the columns without a header by look where they have one, the rest in the order people write them."""
    texts = [place for place in _free(columns, taken) if columns[place].allows("summary")]
    short = [place for place in texts if columns[place].share("long") < 0.5 and columns[place].allows("name")]
    if short and "name" not in taken:
        first_two = short[:2]
        person = max(first_two, key=lambda place: (columns[place].person > 0, -place))
        taken["name"] = (person, Grade.LIKELY)
        others = [place for place in short if place != person and columns[place].share("job") < 0.5]
        if others:
            firm = max(others, key=lambda place: (columns[place].share("firm") > 0.3, place in first_two, -place))
            taken["firm"] = (firm, Grade.LIKELY)
    jobs = [place for place in _free(columns, taken) if columns[place].share("job") >= 0.5]
    if jobs:
        taken["role"] = (jobs[0], Grade.LIKELY)
    used = {place for place, _grade in taken.values()}
    for field, place in zip(("summary", "wants"), [place for place in texts if place not in used], strict=False):
        taken[field] = (place, Grade.LIKELY)


def _free(columns: Sequence[_Cells], taken: dict[str, tuple[int, Grade]]) -> list[int]:
    used = {place for place, _grade in taken.values()}
    return [place for place, cells in enumerate(columns) if place not in used and cells.filled]
