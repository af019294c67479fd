"""Signing in and out, and proving oneself anew. What is wrong and what is unknown get one answer, in the same time."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, current_principal, my_account, policy
from app.accounts import second_factor
from app.accounts.account import account_of
from app.accounts.sessions import end_session, have_proved, is_fresh
from app.accounts.sign_in import account_awaiting_second_factor, ask_for_link, begin, take_first, try_code, try_password
from app.after_action import commit_and_redirect, refuse_and_redirect
from app.db import SAFE_METHODS, db
from app.forms import Form
from app.forms.sign_in import AddressForm, CodeForm, PasswordForm, SignInForm
from app.request_time import now
from app.security import local_path
from directory.errors import Invalid
from directory.people.one_time_link import find_link, use_link
from directory.translation import gettext as _

pages = Blueprint("sign_in", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
@policy("session.begin")
def sign_in() -> ResponseReturnValue:
    target = local_path(request.args.get("next"))
    if current_principal().member is not None:
        return redirect(target, 303)
    form = SignInForm()
    if form.validate_on_submit():
        account, status = try_password(str(form.email.data), str(form.password.data))
        if account is not None:
            return commit_and_redirect(to=begin(account, target))
        wrong = _("This email address and password do not match. Check both and try again.")
        form.refuse(too_often() if status == 429 else wrong, status)
    return render_template("sign_in/index.html", form=form, target=target), form.status


@pages.post("/sign-in/link")
@policy("session.begin")
def mail_link() -> ResponseReturnValue:
    target, form, status = local_path(request.args.get("next")), AddressForm(), 422
    if form.validate_on_submit():
        if ask_for_link("sign_in", str(form.email.data), target):
            flash(_("If we know this email address, we sent it a link. It works once, for 15 minutes."))
            return redirect(url_for(".sign_in", next=None if target == "/" else target), 303)
        status = 429
    shown = SignInForm(formdata=None, data=form.data)
    shown.email.errors, shown.form_errors = form.email.errors, [too_often()] if status == 429 else []
    return render_template("sign_in/index.html", form=shown, target=target), status


@pages.route("/sign-in/link/<string:token>", methods=["GET", "POST"])
@policy("session.begin")
def link(token: str) -> ResponseReturnValue:
    is_look = request.method in SAFE_METHODS
    try:
        link = (find_link if is_look else use_link)(db.session(), purpose="sign_in", token=token, now=now())
    except Invalid as error:
        return refuse_and_redirect(error.message, url_for(".sign_in"))
    if is_look:
        return render_template("sign_in/link.html", member=link.member)
    return commit_and_redirect(to=begin(account_of(db.session(), link.member), local_path(link.about)))


@pages.route("/sign-in/code", methods=["GET", "POST"])
@policy("session.begin")
def code() -> ResponseReturnValue:
    account, form = account_awaiting_second_factor(), CodeForm()
    if account is None:
        return redirect(url_for(".sign_in"), 303)
    if form.validate_on_submit():
        status = try_code(account, str(form.code.data))
        if status == 200:
            take_first()
            return commit_and_redirect(to=begin(account, local_path(request.args.get("next")), has_code=True))
        form.refuse(too_often() if status == 429 else _("This code is not right, or was already used."), status)
    return render_template("sign_in/code.html", form=form), form.status


@pages.route("/prove", methods=["GET", "POST"])
@policy("session.prove")
def prove() -> ResponseReturnValue:
    """By the code where there is a second factor, else by the password, else by a mailed link."""
    target, account = local_path(request.args.get("next")), my_account()
    way = "link"
    if second_factor.is_on(account):
        way = "code"
    elif account.password is not None:
        way = "password"
    if is_fresh():
        return redirect(target, 303)
    if way == "link" and "link" in request.args:
        return _prove_by_link(request.args["link"])
    form = {"code": CodeForm, "password": PasswordForm, "link": Form}[way]()
    if not form.validate_on_submit():
        return render_template("sign_in/prove.html", form=form, way=way), form.status
    if way == "link":
        if ask_for_link("prove", account.email, target):
            flash(_("We emailed you a link. It works once, for 15 minutes. Open it in this browser."))
            return redirect(url_for(".prove", next=target), 303)
        status = 429
    elif way == "code":
        status = try_code(account, str(form["code"].data))
    else:
        status = try_password(account.email, str(form["password"].data))[1]
    if status == 200:
        have_proved()
        return commit_and_redirect(to=target)
    form.refuse(too_often() if status == 429 else _("This is not right. Check it and try again."), status)
    return render_template("sign_in/prove.html", form=form, way=way), form.status


def _prove_by_link(token: str) -> ResponseReturnValue:
    is_look = request.method in SAFE_METHODS
    try:
        link = (find_link if is_look else use_link)(db.session(), purpose="prove", token=token, now=now())
    except Invalid as error:
        return refuse_and_redirect(error.message, url_for(".prove"))
    if link.member_id != current_member().id:
        abort(404)
    if is_look:
        return render_template("sign_in/link.html", member=current_member())
    have_proved()
    return commit_and_redirect(to=local_path(link.about))


def too_often() -> str:
    """What is said of every limit, whatever was tried."""
    return _("That was too many tries. Wait 15 minutes and try again.")


@pages.post("/sign-out")
@policy("session.end")
def sign_out() -> ResponseReturnValue:
    end_session()
    return commit_and_redirect(_("You are signed out."), to="/sign-in")
