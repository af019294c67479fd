"""Forms of the open web: writing to a member, and saying that one stands there."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import DataRequired

from app.forms import Form


class RelayForm(Form):
    """A visitor's message. ``website`` is seen by nobody: what fills it in is a program."""

    name = StringField(_l("Your name"), [DataRequired(_l("Write your name."))])
    email = StringField(_l("Your mail address"), [DataRequired(_l("Write your mail address, for the answer."))])
    text = TextAreaField(_l("Your message"), [DataRequired(_l("Write your message."))])
    website = StringField(_l("Leave this empty"))


class PublicForm(Form):
    """Whether one stands on the open web, and is found there."""

    public = BooleanField(_l("Show this page to everybody on the web"))
    indexed = BooleanField(_l("Let search engines find it"))
