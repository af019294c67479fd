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

    title = StringField(_l("A title"))
    text = TextAreaField(_l("The story"))
    year = IntegerField(_l("The year"), [InputRequired(_l("Write the year."))])
    collaboration = SelectField(_l("The finished work it is about"), default="")

    def offer(self, collaborations: Sequence[Collaboration]) -> None:
        """Set the choices to the finished collaborations of the two firms, and none of them."""
        self.collaboration.choices = [
            SelectChoice("", _("None that is listed here")),
            *(SelectChoice(collaboration.public_id, collaboration.title) for collaboration in collaborations),
        ]
