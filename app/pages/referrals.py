"""Referrals: the slip that hands a client over, and what giver, receiver, client and chapter say of how it goes."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import current_member, current_principal, get_permitted_or_404, policy
from app.after_action import commit_and_redirect
from app.attribution_cookie import credit_last_click
from app.db import db
from app.forms import blamed
from app.forms.referral import DisputeForm, OutcomeForm, SlipForm
from app.pages.introductions import came_from
from app.pages.leads import count_answer
from app.pages.offers import named, people_for
from app.pages.submissions import secrets
from app.permissions import can
from app.request_time import now
from directory.db import claim_write
from directory.engine.suggestions import understand
from directory.errors import Conflict, Invalid, Refused
from directory.leads import dispute as disputes
from directory.leads import report as reports
from directory.leads.client import clean_contact, find_client
from directory.leads.lead import Lead, clean_lead_text
from directory.leads.offer import Offer, hand_overs
from directory.leads.referral import let_client_answer, refer
from directory.leads.report import MAY_SAY, Report, Said, Side
from directory.people.one_time_link import find_link, use_link
from directory.people.tables import Member
from directory.translation import gettext as _

pages = Blueprint("referrals", __name__)


@pages.route("/referrals/new", methods=["GET", "POST"])
@policy("referral.create")
def new() -> ResponseReturnValue:
    """Hand a client over to ``?to=`` or whoever is named; ``?introduction=`` says what it came from."""
    form, me = SlipForm(), current_member()
    to = db.session.scalar(select(Member).where(Member.public_id == request.args.get("to", ""), Member.is_active))
    introduction = came_from()
    if form.validate_on_submit():
        with blamed(form), credit_last_click():
            text = clean_lead_text(form.text.data or "")
            contact = clean_contact(**form.texts("name", "email", "phone"))
            count_answer()
            db.session.commit()  # the text is read outside a write transaction: other writers need not wait
            wishes = understand(db.session(), text=text).wishes
            db.session.rollback()
            claim_write(db.session())
            row = refer(
                db.session(),
                giver=me,
                receiver=to or named(form.who.data or ""),
                text=text,
                wishes=wishes,
                contact=contact,
                done=form.chosen,
                introduction=introduction,
                secrets=secrets(),
                now=now(),
            )
            return commit_and_redirect(
                _("We ask %(name)s first. With their yes, %(other)s gets it.", name=contact.name, other=row.called),
                undo=url_for("offers.withdraw", public_id=row.public_id),
                to=url_for("offers.show", public_id=row.public_id),
            )
    people = [] if to else people_for(me.business)
    return render_template("referrals/new.html", form=form, to=to, people=people), form.status


@pages.post("/offers/<public_id>/say/<any(talked, silent, won, lost):said>")
@policy("referral.report")
def say(public_id: str, said: str) -> ResponseReturnValue:
    """Keep what the reader, who gave the lead away or has it, says of it."""
    offer = get_permitted_or_404(Offer, public_id, "referral.report")
    side, form = _side(offer.lead), OutcomeForm()
    reports.say(
        db.session(),
        lead=offer.lead,
        side=side,
        by=current_member(),
        said=Said(said),
        value=form.amount(offer.lead.business.country),
        is_repeat=form.is_repeat.data,
        now=now(),
    )
    return commit_and_redirect(_("Noted. Thank you."), undo=url_for(".take_back", public_id=public_id))


@pages.post("/offers/<public_id>/take-back")
@policy("referral.report")
def take_back(public_id: str) -> ResponseReturnValue:
    """Take back what the reader said last, by a line that reverses it."""
    lead = get_permitted_or_404(Offer, public_id, "referral.report").lead
    reports.take_back(db.session(), lead=lead, side=_side(lead), by=current_member(), now=now())
    return commit_and_redirect(_("Taken back."))


@pages.post("/offers/<public_id>/<any(dispute, undispute):act>")
@policy("referral.dispute")
def dispute(public_id: str, act: str) -> ResponseReturnValue:
    """Say what is wrong about a lead that was handed over, or that it is all right after all."""
    lead, me, form = get_permitted_or_404(Offer, public_id, "referral.dispute").lead, current_member(), DisputeForm()
    if act == "undispute":
        disputes.drop_dispute(db.session(), lead=lead, side=_side(lead), by=me, now=now())
        return commit_and_redirect(_("Taken back."))
    words = form.words.data or ""
    disputes.dispute(db.session(), lead=lead, side=_side(lead), by=me, words=words, now=now())
    return commit_and_redirect(
        _("Your chapter’s lead reads it, and so does the other side."),
        undo=url_for(".dispute", public_id=public_id, act="undispute"),
    )


@pages.post("/offers/<public_id>/settle")
@policy("referral.settle")
def settle(public_id: str) -> ResponseReturnValue:
    """Decide a dispute, with the amount that holds."""
    lead, form = get_permitted_or_404(Offer, public_id, "referral.settle").lead, DisputeForm()
    value, words = form.amount(lead.business.country), form.words.data or ""
    disputes.settle(db.session(), lead=lead, by=current_member(), words=words, value=value, now=now())
    return commit_and_redirect(_("Settled. Both sides read why."))


@pages.route("/status/<string:token>", methods=["GET", "POST"])
@policy("answer.by_link")
def status(token: str) -> ResponseReturnValue:
    """Say how a referral stands, by the link in a reminder. A GET changes nothing."""
    session, form, wrong = db.session(), OutcomeForm(), ""
    try:
        link = find_link(session, purpose="how_it_stands", token=token, now=now())
    except Invalid:
        return render_template("mail_actions/over.html"), 410
    offer, me = session.scalar(select(Offer).where(Offer.public_id == link.about)), link.member
    side = reports.side_of(session, lead=offer.lead, member=me) if offer else None
    if offer is None or side is None or offer.lead.closed_at is not None:
        return render_template("mail_actions/over.html", row=offer), 410
    said = request.form.get("said", "")
    if request.method == "POST":
        if said not in MAY_SAY[side]:
            abort(400)
        try:
            value, is_repeat = form.amount(offer.lead.business.country), form.is_repeat.data
            reports.say(
                session,
                lead=offer.lead,
                side=side,
                by=me,
                said=Said(said),
                value=value,
                is_repeat=is_repeat,
                now=now(),
            )
            use_link(session, purpose="how_it_stands", token=token, now=now())
            session.commit()
            return render_template("referrals/status.html", offer=offer, me=me, side=side, said=said)
        except (Invalid, Conflict) as error:
            session.rollback()
            wrong = error.message
    page = render_template("referrals/status.html", offer=offer, me=me, side=side, form=form, wrong=wrong, said="")
    return page, 422 if wrong else 200


@pages.post("/client/<string:token>/pass-on/<any(yes, no):act>")
@policy("client.act_by_link")
def let_pass_on(token: str, act: str) -> ResponseReturnValue:
    """The client lets their request be handed over, or not."""
    client = find_client(db.session(), token=token, now=now())
    offer_id = request.form.get("offer", "")
    let_client_answer(db.session(), client=client, offer_id=offer_id, is_yes=act == "yes", now=now())
    return commit_and_redirect(_("Thank you. We have told them."), to=url_for("clients.show", token=token))


@pages.post("/client/<string:token>/say/<any(talked, silent, won, lost, nothing):said>")
@policy("client.act_by_link")
def let_client_say(token: str, said: str) -> ResponseReturnValue:
    """The client says how it goes, or takes that back."""
    client = find_client(db.session(), token=token, now=now())
    if client.purged_at is not None:
        raise Conflict(_("Your request is deleted."))
    lead, back = client.lead, url_for("clients.show", token=token, _anchor="went")
    if said == "nothing":
        reports.take_back(db.session(), lead=lead, side=Side.CLIENT, by=None, now=now())
        return commit_and_redirect(_("Taken back."), to=back)
    reports.say(db.session(), lead=lead, side=Side.CLIENT, by=None, said=Said(said), now=now())
    return commit_and_redirect(_("Thank you. We have noted it."), to=back)


@pages.app_template_global()
def account_of(lead: Lead) -> dict[str, object] | None:
    """Return what all sides say of a lead that was handed over, and what its reader may; None of any other."""
    hops, session = hand_overs(db.session(), lead=lead), db.session()
    if not hops:
        return None
    me, said = current_member(), reports.standing_reports(session, lead=lead)
    side, disputed = reports.side_of(session, lead=lead, member=me), reports.open_dispute(said)
    own = reports.said_last(said, side, me) if side else None
    may_settle = disputed is not None and side is None and can(current_principal(), "referral.settle", hops[-1])
    return {
        "offer": next((hop for hop in hops if hop.by_id == me.id), hops[-1]),
        "hops": hops,
        "lines": [(_side_text(each), reports.said_text(each), each) for each in said],
        "side": side,
        "value": reports.closed_value(said),
        "own": own,
        "disputed": disputed,
        "may_settle": may_settle in ("A", "J"),
        "form": DisputeForm(formdata=None),
    }


@pages.app_template_global()
def client_said(lead: Lead) -> Report | None:
    """Return what the client of the lead said last of how it goes."""
    return reports.said_last(reports.standing_reports(db.session(), lead=lead), Side.CLIENT, None)


def _side_text(report: Report) -> str:
    if report.side is Side.CLIENT or report.by is None:
        return _("The client")
    return report.by.name


def _side(lead: Lead) -> Side:
    """Return the reader's side of the lead. Raises Refused for who only was asked."""
    if (side := reports.side_of(db.session(), lead=lead, member=current_member())) is None:
        raise Refused(_("Only who passed it on, and who has it now, can say how it goes."))
    return side
