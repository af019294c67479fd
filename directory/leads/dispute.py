"""Disputes: somebody says that the account of a lead is wrong, and the leads of the chapter settle it."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.errors import Conflict, Refused
from directory.leads.lead import Lead, without_contact
from directory.leads.lead_state import lock_lead
from directory.leads.offer import hand_overs
from directory.leads.referral import leads_of_chapter, tell
from directory.leads.report import (
    WORDS_LIMIT,
    Report,
    Said,
    Side,
    add_report,
    checked_value,
    open_dispute,
    path_for,
    side_of,
    standing_reports,
)
from directory.money import Money
from directory.people.tables import Member
from directory.text import clean_text
from directory.translation import gettext as _


def dispute(session: Session, *, lead: Lead, side: Side, by: Member, words: str, now: datetime) -> Report:
    """Say that the account of a lead is wrong; the other side and the leads of the chapter are told.

    Raises Invalid without words, Conflict where it is disputed already.
    """
    lock_lead(session, lead)
    text = without_contact(clean_text(words, field="words", what=_("what is wrong"), limit=WORDS_LIMIT))
    if open_dispute(standing_reports(session, lead=lead)) is not None:
        raise Conflict(_("This is disputed already. Your chapter’s lead settles it."))
    report = add_report(session, lead, side, by, Said.DISPUTED, now, words=text)
    givers = [hop.by for hop in hand_overs(session, lead=lead)]
    for person in {each.id: each for each in (lead.member, *givers, *leads_of_chapter(session, lead))}.values():
        if person.id != by.id:
            news = _("%(name)s says something is wrong: %(text)s", name=by.name, text=text)
            tell(session, lead, person, news, now, path=path_for(session, lead, person))
    return report


def drop_dispute(session: Session, *, lead: Lead, side: Side, by: Member, now: datetime) -> Report:
    """Take one's own dispute back while nobody settled it. Raises Conflict otherwise."""
    lock_lead(session, lead)
    asked = open_dispute(standing_reports(session, lead=lead))
    if asked is None or asked.by_id != by.id:
        raise Conflict(_("There is nothing to take back."))
    return add_report(session, lead, side, by, Said.REVERSED, now, reverses=asked)


def settle(
    session: Session, *, lead: Lead, by: Member, words: str, value: Money | None = None, now: datetime
) -> Report:
    """Decide a dispute, with the amount that holds; both sides read why. Raises Conflict where nothing is disputed,
    Refused for whoever takes part, Invalid without words.
    """
    lock_lead(session, lead)
    if side_of(session, lead=lead, member=by) is not None:
        raise Refused(_("You take part in this yourself, so somebody else has to settle it."))
    if open_dispute(standing_reports(session, lead=lead)) is None:
        raise Conflict(_("Nothing is disputed here."))
    text = without_contact(clean_text(words, field="words", what=_("what you decided"), limit=WORDS_LIMIT))
    report = add_report(session, lead, Side.CHAPTER, by, Said.SETTLED, now, words=text, value=checked_value(value))
    givers = [hop.by for hop in hand_overs(session, lead=lead)]
    for person in {each.id: each for each in (lead.member, *givers)}.values():
        news = _("%(name)s settled it: %(text)s", name=by.name, text=text)
        tell(session, lead, person, news, now, path=path_for(session, lead, person))
    return report
