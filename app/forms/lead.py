"""The form of a lead: its text, place, budget and due date."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from app.forms import Form
from directory.engine.shape_text import shape_labels
from directory.errors import Invalid
from directory.interpretation.lead_budget import read_budget
from directory.interpretation.lead_due_date import read_due_date
from directory.interpretation.written_amount import parse_amount
from directory.leads.lead import Lead, Shape, Terms
from directory.local_format import date_text
from directory.translation import gettext as _


class LeadForm(Form):
    """The fields of a lead other than its needs."""

    text = TextAreaField(_l("In their own words"))
    place = StringField(_l("Where"))
    budget = StringField(_l("Budget"))
    due_on = DateField(_l("Done by"), [Optional()])
    shape = SelectField(
        _l("How you would like to work on it"),
        [Optional()],
        choices=lambda: [
            ("", _("Suggest it to me")),
            *((value.value, label) for value, label in shape_labels().items()),
        ],
    )
    add = StringField(_l("What else does it need?"))
    is_asked = BooleanField(_l("Ask for it in Wednesday’s post"))

    def terms(self, today: date, country: str) -> Terms:
        """Return the fields as Terms, with the budget as people write it in ``country``.

        Raises Invalid for a due date before ``today``, and for a budget that is none or could be two things.
        """
        if self.due_on.data and self.due_on.data < today:
            raise Invalid(_("This day has passed; choose a later one, or none."), field="due_on")
        budget = str(self.budget.data or "").strip()
        return Terms(
            place=str(self.place.data or ""),
            budget=parse_amount(budget, country=country, is_range_allowed=True, field="budget") if budget else None,
            due_on=self.due_on.data,
            shape=Shape(self.shape.data) if self.shape.data else None,
            is_asked=bool(self.is_asked.data),
        )

    def show(self, lead: Lead) -> None:
        """Fill the fields from a lead."""
        self.place.data, self.due_on.data = lead.place, lead.due_on
        self.budget.data = lead.budget.spoken(lead.business.country) if lead.budget else ""
        self.shape.data, self.is_asked.data = lead.shape.value if lead.shape else "", lead.asked_at is not None


def open_questions(lead: Lead, today: date) -> list[tuple[str, str, list[tuple[str, dict[str, str]]]]]:
    """Return what the text of ``lead`` leaves open of its budget and day: each term with its question and the answers.

    An answer is a label and the fields of a LeadForm that takes it and keeps all else.
    """
    country, kept = lead.business.country, _as_fields(lead)
    questions = []
    is_asked = {term: term not in lead.left_open for term in ("budget", "due_on")}
    if is_asked["budget"] and lead.budget is None and (budget := read_budget(lead.text, country=country)).question:
        amounts = [amount.spoken(country) for amount in budget.choices]
        questions.append(("budget", budget.question, [(amount, kept | {"budget": amount}) for amount in amounts]))
    read_on = lead.created_at.date()
    if (
        is_asked["due_on"]
        and lead.due_on is None
        and (due := read_due_date(lead.text, today=read_on, country=country)).question
    ):
        days = [(date_text(day), day) for day in due.choices if day >= today]
        questions.append(("due_on", due.question, [(label, kept | {"due_on": day.isoformat()}) for label, day in days]))
    return questions


def _as_fields(lead: Lead) -> dict[str, str]:
    fields = {
        "place": lead.place,
        "budget": lead.budget.spoken(lead.business.country) if lead.budget else "",
        "due_on": lead.due_on.isoformat() if lead.due_on else "",
        "shape": lead.shape.value if lead.shape else "",
        "is_asked": "y" if lead.asked_at else "",
    }
    return {name: value for name, value in fields.items() if value}
