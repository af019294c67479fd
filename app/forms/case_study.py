"""The form of a case study."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from app.forms import Form
from directory.facts.collaboration import Collaboration
from directory.translation import gettext as _


class CaseStudyForm(Form):
    """Title, text and year of a case study, and the finished collaboration that it is about, if any."""

    title = StringField(_l("Title"))
    text = TextAreaField(_l("Story"))
    year = IntegerField(_l("Year"), [InputRequired(_l("Enter the year."))])
    collaboration = SelectField(_l("Finished work it is about"), default="")

    def offer(self, collaborations: Sequence[Collaboration]) -> None:
        """Set the choices to the finished collaborations of the two firms, and none of them."""
        self.collaboration.choices = [
            SelectChoice("", _("None of these")),
            *(SelectChoice(collaboration.public_id, collaboration.title) for collaboration in collaborations),
        ]
