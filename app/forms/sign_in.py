"""The forms of signing in, of proving oneself anew, and of a new password."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app.accounts.account import LONGEST_PASSWORD
from app.forms import Form

_ADDRESS = (DataRequired(_l("Write the email address of your account.")), Length(max=254))


class SignInForm(Form):
    """An address and a password."""

    email = EmailField(_l("Email"), _ADDRESS)
    password = PasswordField(_l("Password"), [DataRequired(_l("Write your password.")), Length(max=LONGEST_PASSWORD)])


class AddressForm(Form):
    """An address to write to."""

    email = EmailField(_l("Email"), _ADDRESS)


class PasswordForm(Form):
    """The password of who is signed in already."""

    password = PasswordField(_l("Password"), [DataRequired(_l("Write your password.")), Length(max=LONGEST_PASSWORD)])


class CodeForm(Form):
    """A code of the generator, or a recovery code."""

    code = StringField(_l("Code"), [DataRequired(_l("Write the code.")), Length(max=40)])


class NewPasswordForm(Form):
    """A password to be; the verb says what is wrong with it."""

    password = PasswordField(_l("New password"))


class NewAddressForm(Form):
    """An address to be; the verb says what is wrong with it."""

    email = EmailField(_l("New address"))
