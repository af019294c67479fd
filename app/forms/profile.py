"""The forms of one's own page: oneself, one's firm, what it can do, and whom one wants to meet."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from app.forms import Form
from directory.errors import Invalid
from directory.money import Money
from directory.people.business import Business
from directory.people.member import Member
from directory.people.wanted import WantedKind

PRICES = ("price_low", "price_high", "smallest_deal")


class PersonForm(Form):
    """What a member says of themselves."""

    name = StringField(_l("Your name"))
    role = StringField(_l("What you do there"))
    headline = TextAreaField(_l("One line about you"))
    spotlight = BooleanField(_l("The weekly post may name me"))

    def show(self, member: Member) -> None:
        """Fill the fields from a member."""
        self.process(obj=member, spotlight=member.spotlight_at is not None)


class FirmForm(Form):
    """What a firm says of itself."""

    name = StringField(_l("Name of the firm"))
    summary = TextAreaField(_l("What it does"))
    city = StringField(_l("City"))
    region = StringField(_l("State or region"))
    is_remote = BooleanField(_l("We work anywhere"))
    website = StringField(_l("Website"))
    phone = StringField(_l("Telephone"))
    email = StringField(_l("Email"))
    price_low = StringField(_l("Usual projects from"))
    price_high = StringField(_l("to"))
    smallest_deal = StringField(_l("Smallest one you take"))
    capacity = IntegerField(_l("Projects at a time"), [Optional()])
    free_on = DateField(_l("Room for a new one from"), [Optional()])
    best_customers = TextAreaField(_l("Your best customers"))
    good_referrals = TextAreaField(_l("A good referral"))
    not_a_fit = TextAreaField(_l("Not a fit"))

    def show(self, business: Business) -> None:
        """Fill the fields from a firm."""
        self.process(obj=business)
        for name in PRICES:
            minor = getattr(business, f"{name}_minor")
            self[name].data = "" if minor is None else Money(minor, business.currency).spoken()

    def said(self, currency: str) -> dict[str, Any]:
        """The fields as ``business.edit`` takes them. Raises Invalid."""
        fields = {name: field for name, field in self._fields.items() if name != "csrf_token"}
        said = {
            name: (field.data or "") if isinstance(field, StringField) else field.data for name, field in fields.items()
        }
        return said | {name: self._price(name, currency) for name in PRICES}

    def _price(self, name: str, currency: str) -> Money | None:
        text = str(self[name].data or "").strip()
        try:
            return Money.parse(text, currency) if text else None
        except Invalid as error:
            raise Invalid(error.message, field=name) from None


class ClaimForm(Form):
    """A capability by its name."""

    capability = StringField(_l("Add something it can do"))


class WantedForm(Form):
    """Whom a member wants to meet, and why."""

    kind = SelectField(
        _l("What they are to you"),
        choices=[
            SelectChoice(WantedKind.CLIENT.value, _l("a client")),
            SelectChoice(WantedKind.PARTNER.value, _l("a partner")),
            SelectChoice(WantedKind.CATEGORY.value, _l("anybody of a trade")),
        ],
    )
    text = StringField(_l("Whom do you want to meet?"))
    why = StringField(_l("Why?"))
