"""Each declared letter: its template uses its words, its links lead to pages, and its text matches a golden file.

After an intended change: GOLDEN=write pytest tests/golden/test_letters.py, and read the difference.
"""

import re
from typing import Any

import pytest
from jinja2 import meta

from app import create_app
from directory.leads.client import ClientContact
from directory.outbox.mail import LETTERS, LetterKind
from directory.outbox.notification_preferences import PREFERENCES
from directory.people.tables import Member
from directory.settings import Settings
from jobs import mail_rendering
from tests.golden import FOLDER, golden

HOME, ID = "http://localhost", "abcdefgh2345"
NADIA = Member(name="Nadia Soto", email="nadia@northlight.example")
SAMPLES: dict[str, Any] = {  # the value of a word in every letter
    "name": "Bea Lindqvist",
    "firm": "Bramble & Co",
    "by": "Lena Okafor",
    "lead": "Lena Okafor",
    "asker": "Bea Lindqvist",
    "via": "Carla Ruiz",
    "other": "Omar Haddad",
    "chapter": "Old Pueblo",
    "channel": "Old Pueblo on Mastodon",
    "day": "Wednesday",
    "year": "2026",
    "title": "The Fox Theater reopens",
    "act": "They changed your headline.",
    "reason": "The phone number in it was wrong.",
    "why": "asks for an accountant",
    "work": "WordPress and Web design",
    "due": "Tue, Nov 3, 9:00 AM",
    "welcome": "Come to breakfast on Wednesday.",
    "word": "You two should talk.",
    "their_firm": "Copper State Print",
    "found": "- Mastodon: This installation no longer has the key to this account’s secrets.",
    "text": "She rebuilt our client’s site in nine weeks.",
    "path": f"/channels/{ID}",
    "items": [
        {"kind": kind, "name": name, "first_name": name.split()[0], "firm": firm, "why": why, "about": ID}
        for kind, name, firm, why in (
            ("meet", "Bea Lindqvist", "Bramble & Co", "Bea asks for web design; your firm does it."),
            ("ask", "Carla Ruiz", "Copper State Print", "Carla asks who maintains websites; your firm does"),
            ("talk", "Omar Haddad", "Bramble & Co", "You two are paired for a talk"),
            ("call", "Bea Lindqvist", "Bramble & Co", "You said you would call."),
        )
    ],
}
VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {  # of the letters whose text varies
    "interaction": ({"kind": "worked", "note": "The Fox Theater’s website."}, {"kind": "met", "note": ""}),
    "vouch": ({"capability": "WordPress"}, {"capability": ""}),
    "introduction": ({"part": "via", "word": ""}, {"part": "offer", "word": ""}, {"part": "target"}),
    "introduced": ({"also": ""}, {"also": "Bea Lindqvist"}),
    "invitation": ({}, {"chapter": ""}),
    "prompt": ({}, {"lead": "", "items": SAMPLES["items"][:1]}),
    "confirm_request": ({"dropped": ""}, {"dropped": "yes"}),
    "request_received": ({}, {"name": ""}),
    "client_answered": ({"answer": "yes", "text": ""}, {"answer": "other"}, {"answer": "no", "text": ""}),
    "message": ({"reply": "yes"}, {"reply": ""}),
    "offer": (
        {"gives": "", "text": "A client of mine wants WordPress."},
        {"gives": "yes", "text": "A shop, by spring."},
    ),
    "how_it_stands": ({"part": "receiver"}, {"part": "giver"}),
    "thanks": (
        {"part": "giver", "amount": "$4,800", "again": ""},
        {"part": "hop", "amount": "$4,800", "again": "yes"},
        {"part": "introducer", "title": "", "amount": "", "again": ""},
    ),
    "referral_news": ({"path": f"/offers/{ID}", "text": "Bea Lindqvist took the lead over."},),
    "offer_over": ({"why": "Somebody else said yes first."},),
    "offers_answered": (
        {
            "path": f"/leads/{ID}",
            "complete": "",
            "text": "Bea Lindqvist cannot do it (no time): WordPress. Nobody else is asked. Choose somebody.",
        },
        {"path": f"/leads/{ID}", "complete": "yes", "text": "Bea Lindqvist is in: WordPress."},
    ),
}
every_letter = pytest.mark.parametrize("kind", LETTERS, ids=lambda kind: kind.name)


def texts(kind: LetterKind) -> list[str]:
    """Return the letter's subject and body in each of its variants, as sent to Nadia."""
    link = "" if kind.path is None else f"{HOME}{kind.path}TOKEN"
    about = "nadia@soto.example" if kind.is_to_about else ID
    client = ClientContact("Prudence Hale", email="prudence@saguaro.example")
    to = client if kind.name in mail_rendering.RECIPIENTS else NADIA.email if kind.is_to_visitor else NADIA
    common = {"to": to, "link": link, "about": about, "home": HOME}
    off = f"{HOME}/unsubscribe/TOKEN" if kind.switch else ""
    words = {word: SAMPLES[word] for word in kind.words if word in SAMPLES}
    variants = [words | variant for variant in VARIANTS.get(kind.name, ({},))]
    missing = {word for variant in variants for word in kind.words if word not in variant}
    assert not missing, f"give a value of {missing} in SAMPLES of tests/golden/test_letters.py"
    return ["\n\n".join(mail_rendering.text_of(kind, common, variant, off)) for variant in variants]


@every_letter
def test_a_template_uses_exactly_the_words_its_letter_declares(kind: LetterKind) -> None:
    source = (mail_rendering.TEMPLATES / f"{kind.name}.txt").read_text(encoding="utf-8")
    used = meta.find_undeclared_variables(mail_rendering._environment.parse(source))
    assert used - {"to", "link", "about", "home"} == {*kind.words}
    assert ("link" in used) == (kind.path is not None)


@every_letter
def test_a_letter_matches_its_golden_text(kind: LetterKind) -> None:
    text = f"\n\n{'=' * 60}\n\n".join(texts(kind))
    assert text == golden(f"letters/{kind.name}", text)


def test_every_link_in_a_letter_leads_to_an_existing_page(settings: Settings) -> None:
    routes = create_app(settings).url_map.bind("localhost")
    for kind in LETTERS:
        for path in re.findall(rf"{HOME}(/[^\s?]*)", "\n".join(texts(kind))):
            assert routes.test(path), f"no page of the website takes {path}, where the letter {kind.name} leads"


def test_every_template_golden_text_switch_and_token_has_a_letter() -> None:
    names = {kind.name for kind in LETTERS}
    assert sorted({path.stem for path in mail_rendering.TEMPLATES.iterdir()} ^ names) == []
    assert sorted({path.stem for path in (FOLDER / "letters").iterdir()} ^ names) == []
    assert {kind.name for kind in LETTERS if kind.is_to_visitor and kind.path is not None} == {
        *mail_rendering.VISITOR_LINKS
    }
    assert {kind.switch for kind in LETTERS if kind.switch} == {*PREFERENCES}
