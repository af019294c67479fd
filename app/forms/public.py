"""Forms of public pages: a visitor's message to a member, and the consent to a public page."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import DataRequired

from app.forms import Form


class RelayForm(Form):
    """A visitor's message. ``website`` is a hidden honeypot field that only programs fill in."""

    name = StringField(_l("Your name"), [DataRequired(_l("Write your name."))])
    email = StringField(_l("Your mail address"), [DataRequired(_l("Write your mail address, for the answer."))])
    text = TextAreaField(_l("Your message"), [DataRequired(_l("Write your message."))])
    website = StringField(_l("Leave this empty"))


class PublicForm(Form):
    """Whether a page is public, and whether search engines may index it."""

    public = BooleanField(_l("Show this page to everybody on the web"))
    indexed = BooleanField(_l("Let search engines find it"))
