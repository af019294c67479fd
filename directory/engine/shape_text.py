"""The words for the shapes of working together: a team's headline, a firm's role, and what to ask it for.

Where law restricts what may be paid for a referral, each firm works for the client directly; nothing here speaks of
shares or payment.
"""

from collections.abc import Sequence

from directory.engine.party_view import PartyView
from directory.leads.lead import Shape
from directory.translation import gettext as _
from directory.translation import join_as_list

MANY = 3  # more firms than this are counted in a headline, not named


def shape_labels() -> dict[Shape, str]:
    """Return what each shape is called, for the bringer to choose from."""
    return {
        Shape.HAND_OVER: _("Hand it over"),
        Shape.TOGETHER: _("Do it together"),
        Shape.ALONE: _("Do it alone"),
    }


def headline(shape: Shape | None, parties: Sequence[PartyView], *, is_whole: bool) -> str:
    """Return the answer as one sentence. ``parties`` begin with the prime; ``is_whole``: they cover all needs."""
    first, *rest = parties
    if shape is Shape.HAND_OVER:
        return _("Hand it over to %(firms)s", firms=_named(parties))
    if first.is_me and not rest:
        return _("You can do this yourself") if is_whole else _("You can do a part of it yourself")
    if not rest:
        return (
            _("%(prime)s can do all of it", prime=first.business.name)
            if is_whole
            else _("%(prime)s can do a part of it", prime=first.business.name)
        )
    leads = _("You lead it") if first.is_me else _("%(prime)s leads it", prime=first.business.name)
    if all(party.is_direct for party in rest):
        stays = _("You do your part") if first.needs else _("You stay with the client")
        leads = stays if first.is_me else _("%(prime)s does a part", prime=first.business.name)
    if len(rest) == 1:
        work = join_as_list(list(rest[0].needs))
        return _("%(leads)s, %(sub)s does %(work)s", leads=leads, sub=rest[0].business.name, work=work)
    return _("%(leads)s, with %(subs)s", leads=leads, subs=_named(rest))


def _named(parties: Sequence[PartyView]) -> str:
    names = [party.business.name for party in parties]
    if len(names) > MANY:
        return _("%(first)s and %(count)s other firms", first=names[0], count=len(names) - 1)
    return join_as_list(names)


def role(shape: Shape | None, *, leads: bool, is_me: bool, is_direct: bool, has_needs: bool) -> str:
    """Return what a firm is in a team of this shape; ``leads``: others work for it, ``is_direct``: for the client."""
    if shape is Shape.HAND_OVER:
        return _("You introduce them to the client")
    if leads:
        return _("You stay prime") if is_me else _("Leads it")
    if is_me:
        if not has_needs:
            return _("You stay with the client")
        return _("You do it") if shape is Shape.ALONE else _("You do your part")
    return _("Works for the client directly") if is_direct else _("Subcontractor")


def why_shape(shape: Shape, parties: Sequence[PartyView], *, is_whole: bool, is_restricted: bool) -> str:
    """Return why this shape is proposed.

    ``is_whole``: the firms cover all needs. ``is_restricted``: none of them is work that one firm leads for another.
    """
    if shape is Shape.ALONE:
        return _("Suggested, since you do all of it.") if is_whole else _("Suggested, since nobody else does the rest.")
    if shape is Shape.HAND_OVER:
        if is_restricted:
            return _("Suggested, since in this trade each firm works for its own clients.")
        return _("Suggested, since this is not what you do. You introduce them, and they take it from there.")
    if any(party.is_me and party.needs for party in parties):
        return _("Suggested, since you do a part of it, and you brought the client.")
    return _("Suggested, since this is your trade, and you brought the client.")


def request_text(shape: Shape | None, party: PartyView, *, is_led_by_me: bool) -> str:
    """Return what to ask a firm for, in the words of the bringer."""
    work = join_as_list(list(party.needs))
    if shape is Shape.HAND_OVER or party.is_direct:
        introduce = _("I would ask them first, and then introduce you.")
        wish = (
            _("I would like to hand this over to you: they need %(work)s.", work=work)
            if shape is Shape.HAND_OVER
            else _("For %(work)s they need somebody of their own, and I thought of you.", work=work)
        )
        return f"{wish} {introduce}"
    wish = _("I would like you to do %(work)s.", work=work)
    lead = _("I stay with the client and run the project.") if is_led_by_me else _("You would lead it.")
    return f"{wish} {lead}"
