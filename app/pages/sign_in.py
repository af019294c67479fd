"""Signing in and out. A wrong password and an unknown address get the same answer, in the same time."""

from flask import Blueprint, flash, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security.utils import login_user, logout_user

from app.access import policy, principal
from app.accounts.account import forget_try, may_try, recognise
from app.accounts.tables import User
from app.db import db
from app.forms.sign_in import SignInForm
from app.moment import now
from app.security import local_path
from directory.db import claim_write

pages = Blueprint("sign_in", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
@policy("session.begin")
def sign_in() -> ResponseReturnValue:
    target = local_path(request.args.get("next"))
    if principal().is_member:
        return redirect(target, 303)
    form, status = SignInForm(), 200
    if form.validate_on_submit():
        account, status = _try(str(form.email.data), str(form.password.data))
        if account is not None:
            session.clear()
            g.pop("csrf_token", None)  # a secret that was there before the sign-in ends with it
            login_user(account, authn_via=["password"])
            session["proved_at"] = now().timestamp()
            return redirect(target, 303)
        form.form_errors.append(
            _("That was too often in a short while. Try again in a quarter of an hour.")
            if status == 429
            else _("This address and this password do not belong together. Check both and try again.")
        )
    elif form.errors:
        status = 422
    return render_template("sign_in/index.html", form=form), status


def _try(email: str, password: str) -> tuple[User | None, int]:
    """The account, or a status. The hash is computed outside a writing transaction, which others wait for."""
    address = request.remote_addr or ""
    allowed = may_try(db.session(), email=email, address=address, now=now())
    db.session.commit()
    if not allowed:
        return None, 429
    account = recognise(db.session(), email=email, password=password)
    if account is None:
        return None, 422
    db.session.rollback()
    claim_write(db.session())
    forget_try(db.session(), email=email, address=address)
    db.session.commit()
    return account, 200


@pages.post("/sign-out")
@policy("session.end")
def sign_out() -> ResponseReturnValue:
    logout_user()
    session.clear()
    flash(_("You are signed out."))
    return redirect("/sign-in", 303)
