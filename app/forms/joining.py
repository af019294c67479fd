"""Forms of joining: an invitation, a suggestion of whom to invite, and an application."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from app.forms import Form


class InviteForm(Form):
    """One person to invite."""

    name = StringField(_l("Name"))
    email = StringField(_l("Mail"))
    firm = StringField(_l("Firm"))


class SuggestForm(InviteForm):
    """A person whom a member suggests for an invitation."""

    sentence = StringField(_l("What does the firm do?"))


class ApplyForm(Form):
    """An application to join. ``homepage`` is a hidden honeypot field that only programs fill in."""

    name = StringField(_l("Your name"))
    email = StringField(_l("Your mail address"))
    firm = StringField(_l("Your firm"))
    sentence = StringField(_l("What does it do?"))
    knows = StringField(_l("Who here knows you?"))
    homepage = StringField(_l("Leave this empty"))
