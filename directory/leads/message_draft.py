"""Message drafts: what to say when calling or writing to a member, or about one to a client, to be edited."""

from dataclasses import dataclass

from directory.leads.lead import Lead
from directory.local_format import date_text
from directory.people.tables import Member
from directory.translation import gettext as _
from directory.translation import join_as_list


@dataclass(frozen=True)
class Brief:
    """A message: subject and text."""

    subject: str
    text: str


def draft_brief(lead: Lead, *, to: str, does: list[str], request: str) -> Brief:
    """Return what to write to ``to`` (a first name; "" to greet nobody) about a lead's needs in ``does``, their names.

    ``request`` is what the writer asks them for.
    """
    work = join_as_list(does)
    terms = (
        _("Where: %(place)s", place=lead.place) if lead.place else "",
        _("Budget: about %(budget)s in all", budget=lead.budget.spoken()) if lead.budget else "",
        _("Done by: %(day)s", day=date_text(lead.due_on)) if lead.due_on else "",
    )
    return _brief(
        _("A lead for you: %(work)s", work=work),
        _("Hello %(name)s,", name=to) if to else "",
        _("a client of mine is looking for this:") if to else _("A client of mine is looking for this:"),
        f"“{lead.text}”",
        "\n".join(filter(None, terms)),
        request,
        _("Would that work for you? Can we talk?"),
        f"{lead.member.name}\n{lead.business.name}",
    )


def first_contact_message(reader: Member, *, to: str) -> Brief:
    """Return what to write to a member (``to``, as they are called) whose page one has read: let us meet."""
    return _brief(
        _("%(name)s of %(firm)s would like to meet you", name=reader.name, firm=reader.business.name),
        _("Hello %(name)s,", name=to),
        _("I read your page in our network, and would like to hear how you work and who I can refer to you."),
        _("Would half an hour next week work for you?"),
        f"{reader.name}\n{reader.business.name}",
    )


def recommendation_message(reader: Member, member: Member, *, does: list[str]) -> Brief:
    """Return what to tell a client about ``member``, whose firm ``does`` this, before the client has agreed."""
    business, work = member.business, join_as_list(does)
    firm = _("%(name)s of %(firm)s", name=member.name, firm=business.name)
    where = _(" in %(place)s", place=business.place) if business.place else ""
    return _brief(
        _("Somebody you should talk to: %(firm)s", firm=firm),
        _("Hello,"),
        _("you should talk to %(firm)s%(where)s.", firm=firm, where=where)
        + (" " + _("They do %(work)s.", work=work) if work else ""),
        business.website,
        _("May I give them your name and number? I will not do anything until you say yes."),
        f"{reader.name}\n{reader.business.name}",
    )


def _brief(subject: str, *paragraphs: str) -> Brief:
    """Return the message of these paragraphs, without empty ones."""
    return Brief(subject, "\n\n".join(filter(None, paragraphs)))
