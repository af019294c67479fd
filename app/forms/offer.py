"""The form that asks somebody for a part of a lead: whom, in which words, and who is asked next."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField, TextAreaField

from app.forms import Form
from directory.people.tables import Member
from directory.translation import gettext as _


class OfferForm(Form):
    """What to write, and in which order others are asked after a no; ``who`` where nobody is chosen yet."""

    who = StringField(_l("Who?"))
    words = TextAreaField(_l("Your words"))
    next_1 = SelectField(_l("If they can’t, ask next"), default="")
    next_2 = SelectField(_l("Then"), default="")
    next_3 = SelectField(_l("Then"), default="")

    def offer(self, others: Sequence[Member]) -> None:
        """Set who may be asked next, and suggest them in their order."""
        choices = [SelectChoice("", _("Nobody: tell me first"))]
        choices += [SelectChoice(other.public_id, f"{other.name}, {other.business.name}") for other in others]
        for field, other in zip(self.nexts, [*others, None, None, None], strict=False):
            field.choices = choices
            if not self.is_submitted():
                field.data = other.public_id if other else ""

    @property
    def nexts(self) -> tuple[SelectField, ...]:
        return self.next_1, self.next_2, self.next_3

    def chosen(self, others: Sequence[Member]) -> list[Member]:
        """Return those of ``others`` who were chosen, in the order to ask them."""
        known = {other.public_id: other for other in others}
        return [known[field.data] for field in self.nexts if field.data in known]
