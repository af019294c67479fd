"""The form of a lead: its text, place, budget and due date."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, StringField, TextAreaField
from wtforms.validators import Optional

from app.forms import Form
from directory.errors import Invalid
from directory.leads.lead import Lead, Terms
from directory.money import Money
from directory.translation import gettext as _


class LeadForm(Form):
    """The fields of a lead other than its needs."""

    text = TextAreaField(_l("In their own words"))
    place = StringField(_l("Where"))
    budget = StringField(_l("Budget"))
    due_on = DateField(_l("Done by"), [Optional()])
    hands_over = BooleanField(_l("Somebody else may lead it"))
    add = StringField(_l("What else does it need?"))
    is_asked = BooleanField(_l("Ask for it in Wednesday’s post"))

    def terms(self, today: date) -> Terms:
        """Return the fields as Terms. Raises Invalid for a due date before ``today`` and an unreadable budget."""
        if self.due_on.data and self.due_on.data < today:
            raise Invalid(_("This day has passed; choose a later one, or none."), field="due_on")
        budget = str(self.budget.data or "").strip()
        return Terms(
            place=str(self.place.data or ""),
            budget=Money.parse(budget, "USD") if budget else None,
            due_on=self.due_on.data,
            keeps_prime=not self.hands_over.data,
            is_asked=bool(self.is_asked.data),
        )

    def show(self, lead: Lead) -> None:
        """Fill the fields from a lead."""
        self.place.data, self.due_on.data = lead.place, lead.due_on
        self.budget.data = lead.budget.spoken() if lead.budget else ""
        self.hands_over.data, self.is_asked.data = not lead.keeps_prime, lead.asked_at is not None
