"""The forms of referrals: the slip, how a lead ended, a dispute and its decision."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput

from app.forms import Form
from directory.interpretation.written_amount import parse_amount
from directory.leads.offer import Done, done_texts
from directory.money import Money


class SlipForm(Form):
    """Who is handed over to whom, what they need, and what the giver did already; twenty seconds on a phone."""

    who = StringField(_l("To whom?"))
    name = StringField(_l("Who needs it?"))
    email = StringField(_l("Their email address"))
    phone = StringField(_l("Their phone number"))
    text = TextAreaField(_l("What do they need?"))
    done = SelectMultipleField(
        _l("What have you done already?"),
        choices=lambda: [(value.value, text) for value, text in done_texts().items()],
        option_widget=CheckboxInput(),
    )

    @property
    def chosen(self) -> list[Done]:
        return [Done(value) for value in self.done.data or []]


class OutcomeForm(Form):
    """What the work was worth, as people write it, and whether the client came again."""

    value = StringField(_l("What was it worth?"))
    is_repeat = BooleanField(_l("The client was yours before"))

    def amount(self, country: str) -> Money | None:
        """Return the amount, None without one. Raises Invalid for what is none, negative or too large."""
        written = str(self.value.data or "").strip()
        return parse_amount(written, country=country, field="value") if written else None


class DisputeForm(OutcomeForm):
    """What is wrong, or what was decided about it, with the amount that holds."""

    words = TextAreaField(_l("In a sentence or two"))
