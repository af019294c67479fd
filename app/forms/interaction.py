"""The form of an interaction ("we worked together")."""

from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from app.forms import Form
from app.request_time import now
from directory.errors import Invalid
from directory.facts.interaction import InteractionKind
from directory.translation import gettext as _


class InteractionForm(Form):
    """The kind of interaction, its year and a note."""

    kind = SelectField(_l("What you did"), choices=[SelectChoice(kind.value) for kind in InteractionKind])
    year = IntegerField(_l("When"), [InputRequired(_l("Enter the year."))])
    note = StringField(_l("What it was"))

    @property
    def happened_on(self) -> date:
        """Today for the current year, else 1 January of ``year``. Raises Invalid before 1950 and in the future."""
        today = now().date()
        if self.year.data == today.year:
            return today
        if not 1950 <= (self.year.data or 0) < today.year:
            raise Invalid(_("Choose this year or an earlier one."), field="year")
        return date(self.year.data or 0, 1, 1)
