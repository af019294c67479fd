"""Forms of sign-in, of the renewed proof of identity, and of a new password or address."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app.accounts.account import LONGEST_PASSWORD
from app.forms import Form


class AddressForm(Form):
    """An email address that a link is sent to."""

    email = EmailField(_l("Email"), [DataRequired(_l("Enter the email address of your account.")), Length(max=254)])


class PasswordForm(Form):
    """The password of a member who is signed in already."""

    password = PasswordField(_l("Password"), [DataRequired(_l("Enter your password.")), Length(max=LONGEST_PASSWORD)])


class SignInForm(AddressForm, PasswordForm):
    """Email address and password."""


class CodeForm(Form):
    """A one-time code of an authenticator app, or a recovery code."""

    code = StringField(_l("Code"), [DataRequired(_l("Enter the code.")), Length(max=40)])


class NewPasswordForm(Form):
    """A new password; the verb validates it."""

    password = PasswordField(_l("New password"))


class NewAddressForm(Form):
    """A new email address; the verb validates it."""

    email = EmailField(_l("New address"))
