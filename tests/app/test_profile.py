"""One's own page: only its owner writes it, what was typed stays, and a refusal changes nothing."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, event, select, update
from sqlalchemy.orm import Session

from directory.db import write_session
from directory.people import business
from directory.people.claim import Claim
from directory.people.field_declaration import fields_of
from directory.people.tables import Business, Member, Wanted, WantedKind
from directory.taxonomy.capability import Capability
from tests.app.conftest import SignIn


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.fixture
def rows(engine: Engine) -> Iterator[Session]:
    """A look at the rows, each time anew."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def bea(rows: Session, sign_in: SignIn) -> FlaskClient:
    member = rows.scalars(select(Member).where(Member.key == "bea")).one()
    rows.rollback()
    return sign_in(member)


def person(rows: Session) -> Member:
    rows.rollback()
    return rows.scalars(select(Member).where(Member.key == "bea")).one()


def firm_as_typed(rows: Session) -> dict[str, str]:
    """The form of the firm as it stands."""
    firm = person(rows).business
    typed = {name: getattr(firm, name) or "" for name in ("name", "summary", "city", "region", "website", "phone")}
    typed |= {"is_remote": "y", "email": firm.email, "languages": "English"}
    work = {"price_low": "8000", "price_high": "25k", "capacity": "2", "accepting": "now"}
    return {f"firm-{name}": value for name, value in typed.items()} | {f"work-{k}": v for k, v in work.items()}


def fields(firm: Business) -> dict[str, Any]:
    """What the firm says of itself."""
    return {name: getattr(firm, name) for name in fields_of(Business)}


def able(rows: Session) -> set[str]:
    firm = person(rows).business_id
    return set(rows.scalars(select(Capability.name).join(Claim).where(Claim.business_id == firm)))


def test_what_one_says_of_oneself_is_kept_and_found(bea: FlaskClient, rows: Session) -> None:
    sent = {"person-name": "Béa Lindqvist", "person-role": "Owner", "person-headline": "Zebra stripes, no fuss"}
    assert bea.post("/profile/person", data=sent).location == "/profile#person"
    assert (person(rows).name, person(rows).spotlight_at) == ("Béa Lindqvist", None)
    assert "Béa Lindqvist" in bea.get("/members?q=zebra bea").text
    bea.post("/profile/person", data={**sent, "person-spotlight": "y"})
    assert person(rows).spotlight_at is not None


def test_a_firm_is_kept_as_typed(bea: FlaskClient, rows: Session) -> None:
    before = person(rows).business.good_referrals
    sent = {**firm_as_typed(rows), "firm-city": "Bisbee", "firm-languages": "español and english"}
    sent |= {"work-smallest_deal": "$1,500", "work-accepting": "from", "work-free_on": "2027-01-04"}
    for part in ("firm", "work"):
        assert bea.post(f"/profile/{part}", data=sent).location == f"/profile#{part}"
    firm = person(rows).business
    assert (firm.city, firm.smallest_deal_minor, firm.price_high_minor) == ("Bisbee", 150_000, 2_500_000)
    assert (str(firm.free_on), firm.languages, firm.good_referrals) == ("2027-01-04", ["en", "es"], before)
    assert "Bisbee" in firm.search_text.title()


def test_prices_are_in_the_notation_of_the_chapter(bea: FlaskClient, rows: Session) -> None:
    firm = person(rows).business
    firm.chapter.country, firm.price_low_minor, firm.price_high_minor, firm.smallest_deal_minor = "DE", None, None, None
    rows.commit()
    typed = {**firm_as_typed(rows), "work-price_low": "8.000", "work-price_high": "25.000,50"}
    assert bea.post("/profile/work", data=typed).status_code == 303
    firm = person(rows).business
    assert (firm.currency, firm.price_low_minor, firm.price_high_minor) == ("EUR", 800_000, 2_500_050)
    assert 'value="8.000\xa0€"' in bea.get("/profile").text
    again = bea.post("/profile/work", data={**typed, "work-price_low": "8,000"})
    assert "Do you mean 8.000\xa0€ or 8\xa0€?" in again.text


def test_each_part_of_a_firm_leaves_the_others_alone(bea: FlaskClient, rows: Session) -> None:
    said = fields(person(rows).business)
    sent = {"refer-good_referrals": "Museums", "refer-industries": ["arts", "health"], "refer-not_a_fit": "Shops"}
    bea.post("/profile/refer", data=sent)
    firm = person(rows).business
    changed = {
        "best_customers": "",
        "good_referrals": "Museums",
        "not_a_fit": "Shops",
        "industries": ["arts", "health"],
    }
    assert fields(firm) == said | changed
    assert bea.post("/profile/refer", data={**sent, "refer-industries": ["magic"]}).status_code == 422


@pytest.mark.parametrize(
    ("sent", "takes", "seen"),
    [
        ({"accepting": "now", "capacity": "2"}, "now", "You are taking new work"),
        ({"accepting": "from", "free_on": "2027-03-01"}, "from", "You are taking new work again from"),
        ({"accepting": "not_now", "capacity": "2"}, "not_now", "You are not taking new work now"),
        ({"accepting": "not_now"}, "not_now", "You are not taking new work now"),
    ],
)
def test_a_firm_says_whether_it_takes_new_work(
    bea: FlaskClient, rows: Session, now: datetime, sent: dict[str, str], takes: str, seen: str
) -> None:
    assert bea.post("/profile/work", data={f"work-{name}": value for name, value in sent.items()}).status_code == 303
    assert business.accepts_work(person(rows).business, now.date()) == takes
    assert seen in bea.get("/profile").text


@pytest.mark.parametrize("day", ["", "2026-11-02"])
def test_a_day_to_come_is_asked_for(bea: FlaskClient, day: str) -> None:
    answer = bea.post("/profile/work", data={"work-accepting": "from", "work-free_on": day})
    assert (answer.status_code, "a date in the future" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter the name of the firm."),
        ("languages", "English, Klingon", "“Klingon” as a language"),
        ("website", "javascript:alert(1)", "Enter the address of your website"),
        ("email", "me?bcc=spy%40evil.example@bramble.example", "Enter an email address"),
        ("price_low", "much", "Enter an amount such as"),
        ("price_high", "1", "below the lowest"),
        ("capacity", "many", "Not a valid integer value"),
        ("free_on", "soon", "Not a valid date value"),
        ("summary", "a\u202eb <i>", "hidden character"),
    ],
)
def test_a_wrong_field_is_named_and_everything_typed_stays(
    bea: FlaskClient, rows: Session, field: str, value: str, sentence: str
) -> None:
    part = "work" if f"work-{field}" in {*firm_as_typed(rows), "work-free_on"} else "firm"
    sent = {**firm_as_typed(rows), "firm-city": "Bisbee", "work-smallest_deal": "1,234", f"{part}-{field}": value}
    answer = bea.post(f"/profile/{part}", data=sent)
    assert answer.status_code == 422
    beside = answer.text.split(f'id="{part}-{field}-wrong"')[1].split("</p>")[0]
    assert sentence in beside
    assert ('value="Bisbee"' if part == "firm" else 'value="1,234"') in answer.text
    assert f'id="{part}" open' in answer.text
    assert "<i>" not in answer.text
    assert person(rows).business.city == "Tucson"


def test_a_capability_is_added_by_any_name_it_has_and_taken_off_with_undo(bea: FlaskClient, rows: Session) -> None:
    assert bea.post("/profile/capabilities", data={"claim-capability": "next.js"}).status_code == 303
    assert "React" in able(rows)
    react = rows.scalars(select(Capability).where(Capability.name == "React")).one().public_id
    bea.post(f"/profile/capabilities/{react}/remove")
    assert "React" not in able(rows)
    assert f'action="/profile/capabilities/{react}/add"' in bea.get("/profile").text
    bea.post(f"/profile/capabilities/{react}/add")
    assert "React" in able(rows)
    assert bea.post("/profile/capabilities/none/remove").status_code == 404


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ("Wordpres", 409, "already list"),
        ("Beekeeping", 422, "as your own word"),
        ("WordPress", 409, "already list"),
        ("", 422, "Write what your firm"),
    ],
)
def test_what_cannot_be_added_says_what_to_do(
    bea: FlaskClient, rows: Session, typed: str, status: int, sentence: str
) -> None:
    before = able(rows)
    answer = bea.post("/profile/capabilities", data={"claim-capability": typed})
    assert (answer.status_code, able(rows)) == (status, before)
    assert sentence in answer.text
    assert f'value="{typed}"' in answer.text


def test_an_ask_lives_is_shared_and_ends_by_its_owner(bea: FlaskClient, rows: Session, sign_in: SignIn) -> None:
    bea.post("/profile/wanted", data={"wanted-kind": "partner", "wanted-text": "A <b>printer", "wanted-why": "Soon"})
    asked = rows.scalars(select(Wanted).where(Wanted.text == "A <b>printer")).one()
    path, other = f"/wanted/{asked.public_id}", rows.scalars(select(Member).where(Member.key == "carla")).one()
    rows.rollback()
    assert "A &lt;b&gt;printer" in bea.get("/profile").text
    carla = sign_in(other)
    for act in ("share", "end"):
        assert carla.post(f"{path}/{act}").status_code == 403
        rows.refresh(asked)
        assert asked.ended_at is asked.shared_at is None
        rows.rollback()
    for act, shared, ended in (
        *(("share", True, False), ("unshare", False, False)),
        *(("end", False, True), ("resume", False, False)),
    ):
        assert bea.post(f"{path}/{act}").status_code == 303
        rows.refresh(asked)
        assert (asked.shared_at is not None, asked.ended_at is not None) == (shared, ended)
        rows.rollback()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Call (520) 555-0134 if you know one", "Remove the phone number"),
        ("Somebody like Nadia Soto", "has not agreed to be in the post"),
        ("Owners of old theaters", ""),
    ],
)
def test_an_ask_that_the_post_withholds_says_why_to_its_owner_alone(
    bea: FlaskClient, engine: Engine, sign_in: SignIn, now: datetime, text: str, says: str
) -> None:
    with write_session(engine) as session:
        member, nadia = (session.scalars(select(Member).where(Member.key == key)).one() for key in ("bea", "nadia"))
        session.execute(update(Wanted).where(Wanted.member_id == member.id).values(ended_at=now))
        nadia.spotlight_at, member.spotlight_at, member.headline = None, now, text
        # As a list brings it, whose lead agreed for all of its people at once.
        session.add(Wanted(member=member, kind=WantedKind.CLIENT, text=text, wanted_at=now, shared_at=now))
        path = f"/members/{member.public_id}"
    page = bea.get("/profile").text
    assert page.count("Not in the weekly post:") == (2 if says else 0)
    assert says in page
    with Session(engine) as session:
        reader = sign_in(session.scalars(select(Member).where(Member.key == "nadia")).one())
    assert "Not in the weekly post:" not in reader.get(path).text


def test_a_firm_belongs_to_its_own_people(bea: FlaskClient, rows: Session) -> None:
    others = {firm.id: firm.name for firm in rows.scalars(select(Business)) if firm.name != "Bramble & Co"}
    rows.rollback()
    bea.post("/profile/firm", data={**firm_as_typed(rows), "firm-name": "Bramble"})
    assert person(rows).business.name == "Bramble"
    assert {firm.id: firm.name for firm in rows.scalars(select(Business)) if firm.name != "Bramble"} == others


@pytest.fixture
def quiet_firm(rows: Session) -> None:
    """Bea's firm lists nothing, and says two things that it does, whom it serves, and what it leaves to others."""
    firm = person(rows).business
    rows.execute(delete(Claim).where(Claim.business_id == firm.id))
    firm.summary = "We keep books and run payroll for dentists. We do no roofing."
    firm.best_customers, firm.not_a_fit = "Printers and caterers", "Logo design"
    rows.commit()


def offers(page: str) -> dict[str, str]:
    """The names of the offered capabilities, with the paths that take them."""
    return {name: path for path, name in re.findall(r'hx-post="([^"]*/add)">\+ ([^<]*)</button>', page)}


@pytest.mark.usefixtures("quiet_firm")
def test_what_the_text_says_is_taken_with_one_tap(bea: FlaskClient, rows: Session) -> None:
    offered = offers(bea.get("/profile").text)
    assert {"Bookkeeping", "Payroll"} <= offered.keys()
    assert not {"Dental care", "Roofing", "Print", "Catering", "Logo design"} & offered.keys()
    for _tapped_twice in range(2):
        assert bea.post(offered["Payroll"]).location == "/profile#claim"
    assert able(rows) == {"Payroll"}
    assert "Payroll" not in offers(bea.get("/profile").text)


@pytest.mark.usefixtures("quiet_firm")
def test_what_was_declined_or_taken_off_the_list_is_not_offered_again(bea: FlaskClient, rows: Session) -> None:
    path = offers(bea.get("/profile").text)["Bookkeeping"].removesuffix("/add")
    assert bea.post(f"{path}/decline").location == "/profile#offers"
    bea.post("/profile/firm", data=firm_as_typed(rows) | {"firm-summary": "We keep books. Payroll, too."})
    offered = offers(bea.get("/profile").text)
    assert "Payroll" in offered
    assert "Bookkeeping" not in offered
    bea.post(f"{path}/reconsider")
    assert "Bookkeeping" in offers(bea.get("/profile").text)
    bea.post(f"{path}/add")
    bea.post(f"{path}/remove")
    assert "Bookkeeping" not in offers(bea.get("/profile").text)


@pytest.mark.usefixtures("quiet_firm")
def test_a_line_that_its_owner_hides_is_not_read(bea: FlaskClient, rows: Session) -> None:
    person(rows).business.summary = ""
    rows.commit()
    bea.post("/profile/person", data={"person-name": "Bea", "person-headline": "Plumber and electrician"})
    assert {"Plumbing"} <= offers(bea.get("/profile").text).keys()
    person(rows).audiences = {"headline": "introduced"}
    rows.commit()
    assert not {"Plumbing"} & offers(bea.get("/profile").text).keys()


@pytest.mark.usefixtures("quiet_firm")
def test_looking_at_the_offers_writes_nothing(bea: FlaskClient, engine: Engine) -> None:
    written: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        written.extend([statement] if re.match(r"(?i)\s*(insert|update|delete)", statement) else [])

    bea.get("/profile")
    assert not [statement for statement in written if "session" not in statement]
