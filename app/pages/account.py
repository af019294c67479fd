"""One's account: how one signs in, and where one is signed in. What changes it asks first who sits there."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import current_member, get_permitted_or_404, my_account, permit, policy
from app.accounts import account as accounts
from app.accounts import second_factor
from app.accounts.account import account_of, end_sessions, sessions_of
from app.accounts.sessions import have_proved, this_browser
from app.accounts.sign_in import ask_for_link, begin, may_ask
from app.accounts.tables import AccountSession
from app.after_action import commit_and_redirect, refuse_and_redirect
from app.db import SAFE_METHODS, db
from app.forms import blamed
from app.forms.sign_in import AddressForm, CodeForm, NewAddressForm, NewPasswordForm
from app.pages.sign_in import too_often
from app.request_time import now
from directory.db import claim_write
from directory.errors import Conflict, Invalid
from directory.outbox.notification_preferences import PREFERENCES
from directory.people.one_time_link import find_link, use_link
from directory.secrets import hash_of
from directory.translation import gettext as _

pages = Blueprint("account", __name__)


@pages.get("/account")
@policy("session.list_or_revoke_own", current_member)
def index() -> str:
    account, home = my_account(), current_member().business.chapter
    return render_template(
        "account/index.html",
        account=account,
        sessions=sessions_of(db.session(), account=account, now=now()),
        this=hash_of(this_browser().token or ""),
        has_second=second_factor.is_on(account),
        codes_left=second_factor.codes_left(db.session(), account=account),
        wants_second=second_factor.is_wanted(account),
        zone=ZoneInfo(home.zone if home is not None else "UTC"),
        letters=[(name, words(), name not in current_member().mail_off) for name, words in PREFERENCES.items()],
    )


@pages.post("/account/sessions/end")
@policy("session.list_or_revoke_own")
def end() -> ResponseReturnValue:
    """One sign-in, where the form names it; else all but this one."""
    chosen = request.form.get("session", "")
    if chosen:
        ended = get_permitted_or_404(AccountSession, chosen if chosen.isalnum() else "-", "session.list_or_revoke_own")
        db.session.delete(ended)
        sentence = _("That browser is signed out.")
    else:
        permit("session.list_or_revoke_own", current_member())
        end_sessions(db.session(), member=current_member(), but=this_browser().token)
        sentence = _("Every other browser is signed out.")
    return commit_and_redirect(sentence, to=url_for(".index"))


@pages.route("/account/password", methods=["GET", "POST"])
@policy("profile.update_email_or_2fa", current_member)
def password() -> ResponseReturnValue:
    form, account = NewPasswordForm(), my_account()
    if form.validate_on_submit():
        password = form.password.data or ""
        with blamed(form):
            accounts.set_password(db.session(), account=account, password=password, but=this_browser().token, now=now())
            return commit_and_redirect(
                _("Your new password is saved. Every other browser is signed out."), to=url_for(".index")
            )
    return render_template("account/password.html", form=form), form.status


@pages.route("/account/address", methods=["GET", "POST"])
@policy("profile.update_email_or_2fa", current_member)
def address() -> ResponseReturnValue:
    form, account = NewAddressForm(), my_account()
    if form.validate_on_submit() and not may_ask("mail", account.email):
        form.refuse(too_often(), 429)
    elif form.is_submitted() and not form.errors:
        claim_write(db.session())
        with blamed(form):
            accounts.ask_address(db.session(), account=account, email=form.email.data or "", now=now())
            return commit_and_redirect(
                _("We emailed the new address. It takes effect when you open the link in that email."),
                to=url_for(".index"),
            )
    return render_template("account/address.html", form=form, account=account), form.status


@pages.route("/account/address/<string:token>", methods=["GET", "POST"])
@policy("account.use_link")
def new_address(token: str) -> ResponseReturnValue:
    is_look = request.method in SAFE_METHODS
    try:
        link = (find_link if is_look else use_link)(db.session(), purpose="address", token=token, now=now())
        if is_look:
            return render_template("account/new_address.html", address=link.about)
        account = account_of(db.session(), link.member)
        accounts.change_address(db.session(), account=account, email=link.about, now=now())
    except (Invalid, Conflict) as error:
        return refuse_and_redirect(error.message, "/")
    return commit_and_redirect(
        _("From now on we email you at %(address)s, and you sign in with it.", address=link.about), to="/"
    )


@pages.route("/reset", methods=["GET", "POST"])
@policy("account.use_link")
def reset() -> ResponseReturnValue:
    form = AddressForm()
    if form.validate_on_submit():
        if ask_for_link("reset", str(form.email.data)):
            flash(_("If we know this email address, we sent it a link. It works once, for an hour."))
            return redirect(url_for("sign_in.sign_in"), 303)
        form.refuse(too_often(), 429)
    return render_template("account/reset.html", form=form), form.status


@pages.route("/reset/<string:token>", methods=["GET", "POST"])
@policy("account.use_link")
def new_password(token: str) -> ResponseReturnValue:
    """The link is taken when its password is; one that is too short costs nobody a letter."""
    form = NewPasswordForm()
    try:
        link = find_link(db.session(), purpose="reset", token=token, now=now())
    except Invalid as error:
        return refuse_and_redirect(error.message, url_for(".reset"))
    with blamed(form):
        if form.validate_on_submit():
            account, password = account_of(db.session(), link.member), form.password.data or ""
            use_link(db.session(), purpose="reset", token=token, now=now())
            accounts.set_password(db.session(), account=account, password=password, but=None, now=now())
            return commit_and_redirect(to=begin(account))
    return render_template("account/password.html", form=form), form.status


@pages.route("/account/two-steps", methods=["GET", "POST"])
@policy("profile.update_email_or_2fa", current_member)
def two_steps() -> ResponseReturnValue:
    """The second factor: nothing yet, a secret to be scanned and confirmed, or in use."""
    form, account, session = CodeForm(), my_account(), db.session()
    if form.validate_on_submit():
        with blamed(form):
            codes = second_factor.confirm(session, account=account, code=str(form.code.data), now=now())
            end_sessions(session, member=current_member(), but=this_browser().token)
            have_proved()
            session.commit()
            return render_template("account/codes.html", codes=codes)
    waiting = second_factor.prepared(account)
    return render_template(
        "account/two_steps.html",
        form=form,
        is_on=second_factor.is_on(account),
        codes_left=second_factor.codes_left(session, account=account),
        picture=second_factor.shown(waiting, account=account) if waiting else None,
    ), form.status


@pages.post("/account/two-steps/<any(begin, off):act>")
@policy("profile.update_email_or_2fa", current_member)
def switch_second_factor(act: str) -> ResponseReturnValue:
    if act == "begin":
        second_factor.prepare(db.session(), account=my_account())
        return commit_and_redirect(to=url_for(".two_steps"))
    second_factor.switch_off(db.session(), account=my_account(), now=now())
    return commit_and_redirect(_("You sign in without a code from now on."), to=url_for(".index"))
