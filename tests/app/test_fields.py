"""Every profile field can be typed on one's own page and is read on the page of its member or firm; what is missing
is named."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.forms.profile import PartForm
from app.pages.profile import FORMS
from directory.db import write_session
from directory.people.audience import Audience
from directory.people.field_declaration import ProfileField, fields_of
from directory.people.tables import Business, Member
from tests.app.conftest import SignIn
from tests.directory.people.samples import FIELDS, samples

PARTS = {part: form for part, form in FORMS.items() if issubclass(form, PartForm)}
ASKED = {"busy": "accepting"}  # is not typed as it is kept: whether the firm takes new work says how busy it is
ON_REQUEST = ("direct_phone", "direct_email", "firm_phone", "firm_email")  # on no page: somebody asks, and is told


@pytest.fixture
def engine(demo: Engine) -> Engine:
    """The website runs on the demo network."""
    return demo


@pytest.fixture
def browser(engine: Engine, sign_in: SignIn) -> Callable[[str], FlaskClient]:
    """The browser of somebody of the cast, by their key."""

    def signed_in(key: str) -> FlaskClient:
        with Session(engine) as session:
            return sign_in(member(session, key))

    return signed_in


def member(session: Session, key: str) -> Member:
    return session.scalars(select(Member).where(Member.key == key)).one()


def test_every_field_has_an_input(browser: Callable[[str], FlaskClient]) -> None:
    page, missing = browser("bea").get("/profile").text, []
    for model, field in FIELDS:
        name = ASKED.get(field.name, field.name.removesuffix("_minor"))
        parts = [part for part, form in PARTS.items() if form.of is model and hasattr(form, name)]
        if not parts:
            missing.append(f"the field `{field.name}` has no input in app/forms/profile.py")
        elif f'name="{parts[0]}-{name}"' not in page:
            missing.append(f"the input `{name}` of forms.{parts[0]} is not in templates/profile/index.html")
    assert not missing, "\n".join(missing)


class Inputs(HTMLParser):
    """What a browser sends of the forms of a page, by the name of the input."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, Any] = {}
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name, value = said.get("name") or "", said.get("value") or ""
        self.text = name if tag == "textarea" else ""
        if said.get("type") in ("checkbox", "radio"):
            if "checked" in said:
                self.sent.setdefault(name, []).append(value)
        elif tag in ("input", "textarea"):
            self.sent[name] = value

    def handle_data(self, data: str) -> None:
        if self.text:
            self.sent[self.text] += data.removeprefix("\r\n")


def test_a_form_that_is_sent_back_as_it_was_shown_changes_nothing(
    engine: Engine, browser: Callable[[str], FlaskClient]
) -> None:
    def said() -> dict[str, Any]:
        with Session(engine) as session:
            rows: tuple[Member | Business, ...] = (member(session, "bea"), member(session, "bea").business)
            return {f"{row.__tablename__}.{name}": getattr(row, name) for row in rows for name in fields_of(type(row))}

    bea = browser("bea")
    before, sent = said(), Inputs(bea.get("/profile").text).sent
    for part in PARTS:
        assert bea.post(f"/profile/{part}", data=sent).status_code == 303
    assert {name: value for name, value in said().items() if value != before[name]} == {"business.busy": 1}


@pytest.mark.slow
def test_every_field_is_on_the_page_for_its_audience_alone(
    engine: Engine, browser: Callable[[str], FlaskClient]
) -> None:
    with Session(engine) as session:
        bea = member(session, "bea")
        others = select(Member.key).join(Member.business).where(Business.chapter_id != bea.business.chapter_id)
        stranger = session.scalars(others.order_by(Member.id)).first()
        paths = [f"/members/{bea.public_id}", f"/businesses/{bea.business.public_id}"]
    near, far = browser("nadia"), browser(stranger)

    def pages(model: type[Member | Business], field: ProfileField, value: Any) -> tuple[str, str]:
        """What the two read where Bea's field holds ``value``, for her chapter alone if she can choose."""
        with write_session(engine) as session:
            bea = member(session, "bea")
            bea.business.capacity, bea.business.free_on = 4, None
            row = bea if model is Member else bea.business
            setattr(row, field.name, value)
            row.audiences = {field.audience.name: Audience.CHAPTER} if field.audience else {}
        return read(near, field), read(far, field)

    def read(reader: FlaskClient, field: ProfileField) -> str:
        if field.audience and field.audience.name in ON_REQUEST:
            text = "".join(reader.post(f"{path}/contact").text for path in paths)
        else:
            text = "".join(reader.get(path).text for path in paths)
        return re.sub(r'name="csrf_token" value="[^"]+"', "", text)  # it carries the second

    wrong = []
    for model, field in FIELDS:
        one, two = (pages(model, field, value) for value in samples(model, field))
        if one[0] == two[0]:
            wrong.append(f"the field `{field.name}` of a {model.__tablename__} is on no page of templates/members/")
        elif field.audience and one[1] != two[1]:
            wrong.append(f'show the field `{field.name}` by view.get("{field.audience.name}"), to whom its owner chose')
        elif not field.audience and one[1] == two[1]:
            wrong.append(f"show the field `{field.name}` to every member, or declare its audience")
    assert not wrong, "\n".join(wrong)
