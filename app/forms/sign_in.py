"""The sign-in form."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField
from wtforms.validators import DataRequired, Length

from app.accounts.account import LONGEST_PASSWORD
from app.forms import Form


class SignInForm(Form):
    """An address and a password."""

    email = EmailField(_l("Email"), [DataRequired(_l("Write the email address of your account.")), Length(max=254)])
    password = PasswordField(_l("Password"), [DataRequired(_l("Write your password.")), Length(max=LONGEST_PASSWORD)])
