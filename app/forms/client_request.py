"""The public form by which a client asks a chapter, and how its request is confirmed."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField, TextAreaField

from app.forms import Form


class ConsentForm(Form):
    """The two consents, each by itself."""

    share = BooleanField()
    call = BooleanField()


class RequestForm(ConsentForm):
    """What a client asks for. ``homepage`` is a honeypot that only programs fill in, the last two are their traps."""

    text = TextAreaField(_l("What do you need?"))
    place = StringField(_l("Where"))
    name = StringField(_l("Your name"))
    firm = StringField(_l("Your company"))
    email = StringField(_l("Your email"))
    phone = StringField(_l("Your phone"))
    homepage = StringField(_l("Leave this empty"))
    challenge = HiddenField()
    proof = HiddenField()
