"""The form of a visitor's message to a member."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired

from app.forms import Form


class RelayForm(Form):
    """A visitor's message. ``website`` is a hidden honeypot field that only programs fill in."""

    name = StringField(_l("Your name"), [DataRequired(_l("Enter your name."))])
    email = StringField(_l("Your email address"), [DataRequired(_l("Enter your email address, for the reply."))])
    text = TextAreaField(_l("Your message"), [DataRequired(_l("Write your message."))])
    website = StringField(_l("Leave this empty"))
