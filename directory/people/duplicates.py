"""Duplicates: finds records that may be the same firm, by website, telephone or a similar name."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.tables import Business
from directory.text import latinised
from directory.versioned_cache import VersionedCache

MIN_SIMILARITY = 85  # 0-100: rapidfuzz's ratio of the normalized names
MAX_SHARED = 50  # firms; a word, host or number that more of them share identifies none
_LEGAL = """the and co company corp corporation inc incorporated llc lc llp lp ltd limited plc pllc pc gmbh ag ug kg ohg
sa sas sarl srl spa sl bv nv oy ab as aps pty group holding holdings"""
LEGAL = frozenset(_LEGAL.split())
# Hosts on which many firms have a page each.
_SHARED_HOSTS = """facebook.com linkedin.com instagram.com google.com wixsite.com wordpress.com blogspot.com github.io
etsy.com squarespace.com weebly.com godaddysites.com yelp.com linktr.ee"""
SHARED_HOSTS = frozenset(_SHARED_HOSTS.split())


@dataclass(frozen=True)
class PossibleDuplicate:
    """The id of a firm, and whether its website or telephone matches too: a name alone is no proof."""

    business_id: int
    is_sure: bool


@dataclass
class DuplicateIndex:
    """An index of all firms by the keys that duplicates share: name words, website host, telephone number."""

    names: dict[int, str] = field(default_factory=dict)
    by_key: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, id: int, name: str, website: str, phone: str) -> None:
        self.names[id] = normalized_name(name)
        for key in _keys(self.names[id], website, phone):
            self.by_key[key].append(id)

    def like(self, name: str, website: str, phone: str) -> list[PossibleDuplicate]:
        """Return the firms that may be this one: sure matches first, then by id."""
        plain, sure_ids, near_ids = normalized_name(name), set[int](), set[int]()
        for key in _keys(plain, website, phone):
            ids = self.by_key.get(key, ())
            if len(ids) <= MAX_SHARED:
                (sure_ids if key[0] in "wp" else near_ids).update(ids)
        similar_ids = {
            id for id in near_ids if plain and fuzz.ratio(plain, self.names[id], score_cutoff=MIN_SIMILARITY)
        }
        ordered = sorted(sure_ids | similar_ids, key=lambda id: (id not in sure_ids, id))
        return [PossibleDuplicate(id, id in sure_ids) for id in ordered]


def _read(session: Session, _before: DuplicateIndex | None) -> DuplicateIndex:
    index = DuplicateIndex()
    for row in session.execute(select(Business.id, Business.name, Business.website, Business.phone)):
        index.add(*row)
    return index


duplicate_index = VersionedCache(_read, size=lambda known: len(known.names)).recent


def normalized_name(name: str) -> str:
    """Return the name latinised, without punctuation, legal forms and filler words.

    >>> [normalized_name(name) for name in ("The Bramble & Co., LLC", "Вramble Company", "BRÅMBLE", "& Co")]
    ['bramble', 'bramble', 'bramble', '']
    """
    words = re.split(r"[\s+#&.%-]+", latinised(name))
    return " ".join(word for word in words if word and word not in LEGAL)


def registered_host(website: str) -> str:
    """Return the registered domain of a website's host, empty if it is a shared host.

    >>> sites = ("https://www.Bramble.example/x", "shop.bramble.co.uk", "facebook.com/bramble")
    >>> [registered_host(site) for site in sites]
    ['bramble.example', 'bramble.co.uk', '']
    """
    try:
        host = urlsplit(website if "://" in website else f"https://{website}").hostname or ""
    except ValueError:
        return ""
    labels = host.rstrip(".").split(".")
    is_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in ("co", "com", "org", "net", "ac", "gov")
    registered = ".".join(labels[-3:] if is_country else labels[-2:])
    return "" if registered in SHARED_HOSTS or "." not in registered else registered


def last_digits(phone: str) -> str:
    """Return the last ten digits of a number without its extension, empty if there are fewer than seven."""
    digits = re.sub(r"\D", "", re.split(r"(?:ext|x)", phone, flags=re.IGNORECASE)[0])
    return digits[-10:] if len(digits) >= 7 else ""


def _keys(normalized: str, website: str, phone: str) -> Iterable[str]:
    host, digits = registered_host(website), last_digits(phone)
    words = normalized.split()
    return {
        *([f"w{host}"] if host else []),
        *([f"p{digits}"] if digits else []),
        *(f"n{word}" for word in words),
        *([f"s{''.join(words)[:4]}", f"e{''.join(words)[-4:]}"] if words else []),
    }
