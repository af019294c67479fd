"""The form of a message to another member."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from app.forms import Form


class MessageForm(Form):
    """What a member writes to another."""

    text = TextAreaField(_l("Your message"), [DataRequired(_l("Write your message."))])
