"""The search that an address asks for: every part optional, and what makes no sense is as if it were not there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.datastructures import MultiDict

from app.request_time import now
from directory.engine.faceted_search import RADII
from directory.engine.saved_search import PARAMETERS, new_since
from directory.engine.search import Narrowing, Page, search
from directory.engine.search_index import BANDS
from directory.people.chapter import Chapter
from directory.people.industry import INDUSTRIES, LABELS
from directory.people.place import town_from_text
from directory.people.tables import Member
from directory.people.working_language import LANGUAGES, language_name
from directory.taxonomy.capability import Capability

LETTERS = 200  # of the words that are read
TOWN_LETTERS = 80


PRICES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("low", lambda: _("under 5,000")),
    ("middle", lambda: _("5,000 to 25,000")),
    ("high", lambda: _("above 25,000")),
    ("unsaid", lambda: _("price not said")),
)
assert len(PRICES) == len(BANDS) + 1


@dataclass(frozen=True)
class SearchQuery:
    """What somebody looks for."""

    said: dict[str, str]  # the parameters that count, as they stand in the address
    capability: Capability | None
    chapter: Chapter | None
    chapters: list[Chapter]
    narrowing: Narrowing
    since: datetime | None = None
    unknown_town: str = ""
    labels: dict[str, str] = field(default_factory=dict)  # parameter -> what its chip says

    @property
    def text(self) -> str:
        return self.said.get("q", "")

    @property
    def name(self) -> str:
        """The search in a few words."""
        return " · ".join(filter(None, [self.text, *self.labels.values()]))[:120]

    def to(self, **changes: Any) -> str:
        """The address of this search with these parameters otherwise; None leaves one out, and the page starts anew."""
        return url_for("members.index", **{**self.said, **changes})

    def without(self, name: str) -> str:
        """The address of this search without one choice."""
        return self.to(**{name: None}, **({"km": None} if name == "town" else {}))

    def find(self, session: Session, *, page: int = 1) -> Page:
        """What it finds."""
        return search(
            session,
            text=self.text,
            capability=self.capability,
            chapter=self.chapter,
            narrowing=self.narrowing,
            among=None if self.since is None else new_since(session, self.since),
            page=page,
            today=now().date(),
        )

    def options(self, found: Page) -> dict[str, list[tuple[str, str, int]]]:
        """For each choice its values, labels and counts, those that would leave somebody or are chosen."""
        chapters = {each.id: each for each in self.chapters}
        every: dict[str, list[tuple[str, str, Any]]] = {
            "chapter": [(each.public_id, each.name, each.id) for each in chapters.values()],
            "industry": [(key, _(label), key) for key, label in INDUSTRIES],
            "language": [(code, language_name(code), code) for code in LANGUAGES],
            "price": [(key, label(), band) for band, (key, label) in enumerate(PRICES)],
            "km": [(str(km), _("within %(km)s km", km=km), km) for km in RADII],
        }
        return {
            facet: [
                (value, label, count)
                for value, label, key in several
                if (count := found.counts[facet].get(key, 0)) or self.said.get(facet) == value
            ]
            for facet, several in every.items()
        }


def parse_search_query(
    session: Session,
    sent: "MultiDict[str, str] | dict[str, Any]",
    *,
    by: Member,
    chapters: list[Chapter] | None = None,
) -> SearchQuery:
    """Read a search from the parameters of an address; ``chapters``, by name, where they are read already."""
    given = {name: str(sent.get(name, ""))[:LETTERS].replace("\0", " ").strip() for name in (*PARAMETERS, "since")}
    if chapters is None:
        chapters = list(session.scalars(select(Chapter).order_by(Chapter.name)))
    said = {"q": given["q"]}
    labels: dict[str, str] = {}

    def choose(name: str, label: str) -> None:
        said[name], labels[name] = given[name], label

    capability = None
    if given["capability"].isalnum():
        above = joinedload(Capability.parent).joinedload(Capability.parent)
        named = select(Capability).where(Capability.public_id == given["capability"])
        capability = session.scalar(named.options(above))
    if capability is not None:
        choose("capability", capability.name)
    chapter = next((each for each in chapters if each.public_id == given["chapter"]), None)
    if chapter is not None:
        choose("chapter", _("%(chapter)s chapter", chapter=chapter.name))
    if given["industry"] in LABELS:
        choose("industry", _(LABELS[given["industry"]]))
    if given["language"] in LANGUAGES:
        choose("language", _("speaks %(language)s", language=language_name(given["language"])))
    price = next((band for band, (key, _label) in enumerate(PRICES) if key == given["price"]), None)
    if price is not None:
        choose("price", PRICES[price][1]())
    if given["free"] == "1":
        choose("free", _("takes new work now"))
    town, km = None, RADII[1]
    if given["town"]:
        home = by.business.chapter
        region, country = (home.region, home.country) if home else (by.business.region, "")
        town = town_from_text(given["town"][:TOWN_LETTERS], region=region, country=country)
    if town is not None:
        km = next((radius for radius in RADII if str(radius) == given["km"]), km)
        choose("town", _("within %(km)s km of %(town)s", km=km, town=town.name))
        said["km"] = str(km)
    since = _moment(given["since"])
    if since is not None:
        choose("since", _("new since your last look"))
    return SearchQuery(
        said={name: value for name, value in said.items() if value},
        capability=capability,
        chapter=chapter,
        chapters=chapters,
        narrowing=Narrowing(
            industry=said.get("industry"),
            language=said.get("language"),
            price=price,
            free="free" in said,
            town=town,
            km=km,
        ),
        since=since,
        unknown_town="" if town else given["town"][:TOWN_LETTERS],
        labels=labels,
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
