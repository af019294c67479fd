"""The form of a blackout period: days on which nothing is posted, and why."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField
from wtforms.validators import InputRequired

from app.forms import Form


class BlackoutForm(Form):
    """The days on which nothing is posted, and the reason."""

    first_on = DateField(_l("From"), [InputRequired(_l("Choose the first day."))])
    last_on = DateField(_l("Through"), [InputRequired(_l("Choose the last day."))])
    reason = StringField(_l("Reason members will see"))
