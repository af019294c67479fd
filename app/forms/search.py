"""The directory search in the parameters of a URL. Every parameter is optional; an invalid one is ignored."""

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
from directory.engine.faceted_search import RADII, RADII_IN_MILES, Narrowing
from directory.engine.saved_search import PARAMETERS, new_since
from directory.engine.search import Page, search
from directory.engine.search_index import BANDS
from directory.local_format import distance_text, local_format
from directory.people.chapter import Chapter
from directory.people.industry import INDUSTRIES, LABELS
from directory.people.place import town_from_text
from directory.people.tables import Member
from directory.people.working_language import LANGUAGES, language_name
from directory.taxonomy.capability import Capability

MAX_LENGTH = 200  # characters of a parameter that are read
MAX_TOWN_LENGTH = 80

# The price bands of the search index, the last for firms without a price.
PRICES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("low", lambda: _("under 5,000")),
    ("middle", lambda: _("5,000 to 25,000")),
    ("high", lambda: _("above 25,000")),
    ("unsaid", lambda: _("no price listed")),
)
assert len(PRICES) == len(BANDS) + 1


@dataclass(frozen=True)
class SearchQuery:
    """A parsed search: its valid parameters, and the rows and filters that they stand for."""

    parameters: dict[str, str]  # the valid ones, as in the URL
    capability: Capability | None
    chapter: Chapter | None
    chapters: list[Chapter]
    narrowing: Narrowing
    since: datetime | None = None
    unknown_town: str = ""
    labels: dict[str, str] = field(default_factory=dict)  # parameter -> label of its chip

    @property
    def text(self) -> str:
        return self.parameters.get("q", "")

    @property
    def name(self) -> str:
        """The text and labels of the search, at most 120 characters."""
        return " · ".join(filter(None, [self.text, *self.labels.values()]))[:120]

    def url(self, **changes: Any) -> str:
        """Return the URL of this search with changed parameters, on the first page. None removes a parameter."""
        return url_for("members.index", **{**self.parameters, **changes})

    def url_without(self, name: str) -> str:
        """Return the URL of this search without one parameter; ``town`` removes ``km`` too."""
        return self.url(**{name: None}, **({"km": None} if name == "town" else {}))

    def find(self, session: Session, *, page: int = 1) -> Page:
        """Run the search and return one page of its results."""
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

    def options(self, page: Page) -> dict[str, list[tuple[str, str, int]]]:
        """Return (value, label, count) of the options of each filter that have results or are chosen."""
        options: dict[str, list[tuple[str, str, Any]]] = {
            "chapter": [(chapter.public_id, chapter.name, chapter.id) for chapter in self.chapters],
            "industry": [(key, _(label), key) for key, label in INDUSTRIES],
            "language": [(code, language_name(code), code) for code in LANGUAGES],
            "price": [(key, label(), band) for band, (key, label) in enumerate(PRICES)],
            "km": [(str(km), _("within %(distance)s", distance=distance_text(km)), km) for km in radii()],
        }
        return {
            facet: [
                (value, label, count)
                for value, label, key in values
                if (count := page.counts[facet].get(key, 0)) or self.parameters.get(facet) == value
            ]
            for facet, values in options.items()
        }


def radii() -> tuple[int, ...]:
    """Return the distances in km that the reader may choose, round ones in their own measure."""
    return RADII_IN_MILES if local_format.get().is_american else RADII


def parse_search_query(
    session: Session,
    sent: "MultiDict[str, str] | dict[str, Any]",
    *,
    by: Member,
    chapters: list[Chapter] | None = None,
) -> SearchQuery:
    """Parse the parameters of a URL. ``chapters`` are all chapters, by name, if the caller has loaded them already."""
    given = {name: str(sent.get(name, ""))[:MAX_LENGTH].replace("\0", " ").strip() for name in (*PARAMETERS, "since")}
    if chapters is None:
        chapters = list(session.scalars(select(Chapter).order_by(Chapter.name)))
    parameters = {"q": given["q"]}
    labels: dict[str, str] = {}

    def choose(name: str, label: str) -> None:
        parameters[name], labels[name] = given[name], label

    capability = None
    if given["capability"].isalnum():
        ancestors = joinedload(Capability.parent).joinedload(Capability.parent)
        query = select(Capability).where(Capability.public_id == given["capability"])
        capability = session.scalar(query.options(ancestors))
    if capability is not None:
        choose("capability", capability.name)
    chapter = next((row for row in chapters if row.public_id == given["chapter"]), None)
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
        choose("free", _("taking new work now"))
    town, km = None, radii()[1]
    if given["town"]:
        home = by.business.chapter
        region, country = (home.region, home.country) if home else (by.business.region, "")
        town = town_from_text(given["town"][:MAX_TOWN_LENGTH], region=region, country=country)
    if town is not None:
        if given["km"].isdecimal() and len(given["km"]) < 5:
            km = min(radii(), key=lambda radius: abs(radius - int(given["km"])))
        choose("town", _("within %(distance)s of %(town)s", distance=distance_text(km), town=town.name))
        parameters["km"] = str(km)
    since = _aware_datetime(given["since"])
    if since is not None:
        choose("since", _("new since you last looked"))
    return SearchQuery(
        parameters={name: value for name, value in parameters.items() if value},
        capability=capability,
        chapter=chapter,
        chapters=chapters,
        narrowing=Narrowing(
            industry=parameters.get("industry"),
            language=parameters.get("language"),
            price=price,
            free="free" in parameters,
            town=town,
            km=km,
        ),
        since=since,
        unknown_town="" if town else given["town"][:MAX_TOWN_LENGTH],
        labels=labels,
    )


def _aware_datetime(text: str) -> datetime | None:
    """Return the ISO datetime; None if it is invalid or has no time zone."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None
