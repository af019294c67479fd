"""Who may do what: one table of rules, named by the rows of the permission matrix."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.accounts.tables import AccountSession
from app.row_relation import RELATIONS, Principal
from directory.db import Base
from directory.engine.saved_search import SavedSearch
from directory.facts.case_study import CaseStudy
from directory.facts.interaction import Interaction
from directory.facts.introduction import Introduction
from directory.facts.rating import Rating
from directory.facts.rating_case import RatingCase
from directory.facts.vouch import Vouch
from directory.imports.import_batch import ImportBatch
from directory.joining.application import Application
from directory.leads.lead import Lead
from directory.leads.offer import Offer
from directory.leads.submission import Submission
from directory.leads.suggestion import Suggestion
from directory.outbox.channel import Channel
from directory.outbox.delivery import Delivery
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Band, Business, Member, Wanted
from directory.profiles.message import Message
from directory.translation import gettext as _
from directory.week.pairing import Pairing
from directory.week.social_inbox import Reply


class Verdict(StrEnum):
    """The codes of the matrix, the most permissive first."""

    ALLOW = "A"
    FRESH = "S"  # after proving oneself again
    REASON = "J"  # with a typed reason
    MASKED = "M"  # some fields only
    FORBIDDEN = "F"  # 403
    HIDDEN = "N"  # 404, as if it did not exist
    SIGN_IN = "U"  # 401


A, S, J, M, F, N, U = Verdict


@dataclass(frozen=True)
class Rule:
    """What members may do (``others``), and what those who stand closer may; None: no more than ``others``.

    ``about`` are the tables whose rows the rule judges; without one it needs no row. A public rule lets everybody.
    ``pending`` is what somebody who waits to be let in may do, where there is a row with what is their own.
    """

    others: Verdict
    about: tuple[type[Base], ...] = ()
    owner: Verdict | None = None
    party: Verdict | None = None
    secretary: Verdict | None = None
    lead: Verdict | None = None
    other_lead: Verdict | None = None  # of another chapter
    admin: Verdict | None = None
    pending: Verdict = F
    is_public: bool = False


PUBLIC, MEMBERS = Rule(A, is_public=True), Rule(A)
WEEK = (Channel, Delivery, Occurrence)

RULES: dict[str, Rule] = {
    "ops.health_live": PUBLIC,
    "asset.read": PUBLIC,
    "page.home": PUBLIC,
    "session.begin": PUBLIC,
    "session.end": PUBLIC,
    "session.prove": Rule(A, pending=A),
    "session.list_or_revoke_own": Rule(N, (Member, AccountSession), owner=A, admin=A, pending=A),
    "account.use_link": PUBLIC,
    "account.start_reset": Rule(F, (Member,), admin=A),
    "profile.update_email_or_2fa": Rule(F, (Member,), owner=S, pending=S),
    "role.grant_revoke": Rule(F, (Member,), admin=S),
    "member.read_standing": Rule(N, (Member,), lead=A, admin=A),
    "member.suspend": Rule(F, (Member,), lead=J, admin=J),
    "member.reinstate": Rule(N, (Member,), lead=J, admin=J),
    "application.create": PUBLIC,
    "application.confirm": PUBLIC,  # the link is the proof
    "application.suggest": MEMBERS,
    "application.ask": Rule(N, (Application,), lead=A, admin=A),
    "application.answer": Rule(N, (Application,), party=A),
    "invitation.accept": PUBLIC,  # the link is the proof
    "invitation.send": Rule(F, (Chapter, Member), lead=A, admin=A),
    "chapter.read_room": Rule(F, (Chapter,), secretary=A, lead=A, admin=A),
    "chapter.start": Rule(F, admin=A),
    "chapter.update_settings": Rule(F, (Chapter,), lead=A, admin=A),
    "chapter.plan_weeks": Rule(F, (Chapter,), secretary=A, lead=A, admin=A),
    "ops.publishing": Rule(F, admin=A),
    "chapter.approve_or_remove_member": Rule(F, (Application,), lead=J, admin=J),
    "own_word.update": Rule(F, (Chapter,), lead=A, admin=A),
    "import.upload_preview": Rule(F, (Chapter, ImportBatch), lead=A, admin=A),
    "import.commit_or_rollback": Rule(F, (ImportBatch,), owner=A, lead=S, other_lead=N, admin=S),
    "directory.search": MEMBERS,
    "saved_search.create": MEMBERS,
    "saved_search.open": Rule(N, (SavedSearch,), owner=A),
    "saved_search.delete": Rule(N, (SavedSearch,), owner=A),
    "profile.read_member_fields": Rule(A, (Member,)),
    "profile.update": Rule(F, (Member,), owner=A, admin=J, pending=A),
    "profile.read_private_contact": Rule(N, (Member,), owner=A, lead=J, admin=J),  # whom an audience lets asks for less
    "contact.reveal": Rule(A, (Member, Business)),
    "message.send": Rule(A, (Member,), owner=F),
    "message.answer": Rule(N, (Message,), owner=F, party=A, admin=F),
    "photo.read": PUBLIC,  # the view asks the member's audience
    "business.read": Rule(A, (Business,)),
    "business.update": Rule(F, (Business,), owner=A, admin=J, pending=A),
    "claim.add": Rule(F, (Business,), owner=A, admin=J, pending=A),
    "claim.withdraw": Rule(F, (Business,), owner=A, admin=J, pending=A),
    "wanted.create": Rule(A, pending=A),
    "wanted.read": Rule(A, (Wanted,)),
    "wanted.update": Rule(F, (Wanted,), owner=A, admin=J, pending=A),
    "interaction.create": MEMBERS,
    "interaction.answer": Rule(N, (Interaction,), owner=F, party=A, admin=F),
    "interaction.withdraw": Rule(N, (Interaction,), owner=A, party=F, admin=F),
    "vouch.create": MEMBERS,
    "vouch.answer": Rule(N, (Vouch,), owner=F, party=A, admin=F),
    "vouch.withdraw": Rule(N, (Vouch,), owner=A, party=F, admin=F),
    "answer.by_link": PUBLIC,  # the link is the proof
    "intro.request": Rule(A, admin=F),
    "intro.list_own": MEMBERS,
    "intro.read": Rule(N, (Introduction,), owner=A, party=A, admin=J),
    "intro.respond": Rule(N, (Introduction,), owner=F, party=A, admin=F),
    "intro.reveal_contact": Rule(N, (Introduction,), owner=A, party=A, admin=J),  # the page asks whether it is accepted
    "intro.cancel": Rule(N, (Introduction,), owner=A, party=F, admin=J),
    "case_study.create": MEMBERS,
    "case_study.answer": Rule(N, (CaseStudy,), party=A, admin=F),  # who tells it is one of those it names
    "case_study.withdraw": Rule(N, (CaseStudy,), owner=A, party=F, admin=F),
    "rating.create": Rule(F, (Rating,), owner=A),
    "rating.read_own_given": Rule(N, (Rating,), owner=A),
    "rating.update_own_given": Rule(N, (Rating,), owner=A),
    "rating.withdraw": Rule(N, (Rating,), owner=A),
    "rating.read_rules": MEMBERS,
    "rating.flag_suspicious": Rule(F, (RatingCase,), party=A),
    "rating.list_cases": MEMBERS,
    "rating.moderate_quarantine": Rule(F, (RatingCase,), lead=J, admin=J),
    "rating_agg.read_self": Rule(N, (Band,), owner=M),
    "lead.create_as_member": MEMBERS,
    "lead.list_own": MEMBERS,
    "lead.read_teaser": Rule(N, (Lead,), owner=A, lead=A, admin=A),
    "lead.update": Rule(N, (Lead,), owner=A, lead=A, admin=J),
    "lead.create_public_form": PUBLIC,
    "lead.answer_given": Rule(N, (Lead,), owner=A),
    "lead.read_client_contact": Rule(N, (Lead,), owner=A, party=A, lead=J, admin=J),  # the verb asks for consents
    "lead.show_client_options": Rule(N, (Lead,), owner=A, lead=A),
    "client.act_by_link": PUBLIC,  # the link is the proof
    "lead.withdraw_consent": PUBLIC,  # the link is the proof: the client alone
    "submission.confirm": PUBLIC,  # the link is the proof
    "submission.decide": Rule(N, (Submission, Chapter), lead=A, admin=A),
    "lead.assign": Rule(N, (Lead,), owner=A, lead=A, admin=J),
    "lead.close_won_lost": Rule(N, (Lead,), owner=A, lead=A, admin=J),
    "lead.accept_or_decline": Rule(N, (Offer,), owner=F, party=A, lead=F, admin=F),
    "offer.read": Rule(N, (Offer,), owner=A, party=A, lead=A, admin=A),
    "offer.update": Rule(N, (Offer,), owner=A, party=F, lead=A, admin=J),
    "referral.create": MEMBERS,
    "referral.report": Rule(N, (Offer,), owner=A, party=A),
    "referral.dispute": Rule(N, (Offer,), owner=A, party=A),
    "referral.settle": Rule(N, (Offer,), lead=A, admin=J),
    "suggestion.create": Rule(N, (Lead,), owner=A, lead=F, admin=F),
    "suggestion.read": Rule(N, (Suggestion,), owner=A),
    "pairing.read": Rule(N, (Pairing,), owner=A, party=A),
    "pairing.answer": Rule(N, (Pairing,), owner=A, party=A),
    "pairing.take_part": MEMBERS,
    "occurrence.read": Rule(A, (Occurrence,)),
    "mention.veto_own": Rule(A, (Occurrence,)),
    "channel.connect": Rule(F, (Channel, Chapter), secretary=S, lead=S, admin=S),
    "channel.disconnect": Rule(N, (Channel,), secretary=A, lead=A, admin=A),
    "channel.resolve_unknown": Rule(N, (Delivery,), secretary=S, lead=S, admin=S),
    "channel.post_or_schedule": Rule(N, WEEK, secretary=A, lead=A, admin=A),
    "channel.edit_or_cancel_queued": Rule(N, WEEK, secretary=A, lead=A, admin=A),
    "reply.decide": Rule(N, (Reply, Chapter), secretary=A, lead=A, admin=A),
    "profile.read_public_card": PUBLIC,
    "chapter.read_public": PUBLIC,
    "relay.write": PUBLIC,
    "short_link.follow": PUBLIC,  # it leads to what is public
    "digest.update_prefs": Rule(N, (Member,), owner=A, admin=F, pending=A),
    "digest.one_click_unsubscribe": PUBLIC,  # the signed link is the proof
    "gdpr.export_own": Rule(N, (Member,), owner=S, admin=S, pending=S),
    "gdpr.erase_own": Rule(N, (Member,), owner=S, admin=S, pending=S),
    "gdpr.export_or_erase_for_other": Rule(F, (Member,), admin=J),
    "directory.export_csv": Rule(F, (Chapter,), lead=J, admin=J),
    "business.compare": Rule(F, (Business,), lead=A, admin=A),
    "business.merge": Rule(F, (Business,), lead=J, admin=J),
}


# What whoever is told reads of an act that was done to something of theirs with a reason.
DONE: dict[str, Callable[[], str]] = {
    "intro.read": lambda: _("They read an introduction that you asked for."),
    "intro.cancel": lambda: _("They withdrew an introduction that you asked for."),
    "wanted.update": lambda: _("They changed what you ask for or offer."),
    "lead.update": lambda: _("They changed a lead that you brought."),
    "lead.read_client_contact": lambda: _("They looked up how to reach the client of a lead of yours."),
    "lead.assign": lambda: _("They decided who works on a lead that you brought."),
    "lead.close_won_lost": lambda: _("They said how a lead you brought ended."),
    "offer.update": lambda: _("They changed who you ask to work on a lead."),
    "referral.settle": lambda: _("They settled a dispute about a lead of yours."),
    "profile.read_private_contact": lambda: _("They looked up your direct number and your email address."),
    "member.suspend": lambda: _("Your membership is suspended: nobody here sees you, and you cannot sign in."),
    "member.reinstate": lambda: _("Your membership is reinstated, and you can sign in again."),
    "gdpr.export_or_erase_for_other": lambda: _("They downloaded your data, or removed you as a member, as you asked."),
}


def can(asker: Principal, action: str, row: Base | None = None) -> Verdict:
    """The verdict of the rule ``action``, the most permissive of all the ways ``asker`` stands to ``row``."""
    rule = RULES[action]
    if rule.is_public:
        return A
    me = asker.member
    if me is None or not (asker.is_member or asker.is_pending):
        return U
    if not rule.about:
        if asker.is_pending:
            return rule.pending
        return (rule.admin or rule.others) if me.is_admin else rule.others
    if row is None or type(row) not in rule.about:
        raise TypeError(f"{action} judges a row of {rule.about}, not {type(row)}")
    relation = RELATIONS[type(row)]
    if asker.is_pending:
        return rule.pending if relation.owner(me, row) else F
    chapter = relation.chapter(row)
    standing = (
        rule.owner if relation.owner(me, row) else None,
        rule.party if rule.party and relation.party(me, row) else None,
        rule.secretary if chapter in asker.keeps else None,
        rule.lead if chapter in asker.leads else None,
        rule.other_lead if asker.leads - {chapter} else None,
        rule.admin if me.is_admin else None,
    )
    return min((verdict for verdict in standing if verdict), key=list(Verdict).index, default=rule.others)
