"""Briefs: what the bringer says when calling or writing to somebody in the team, ready to be changed."""

from dataclasses import dataclass

from babel.dates import format_date

from directory.language import gettext as _
from directory.language import listed
from directory.leads.lead import Lead


@dataclass(frozen=True)
class Brief:
    """A message to one member: subject and text."""

    subject: str
    text: str


def brief(lead: Lead, *, to: str, does: list[str], share: float, leads_it: bool) -> Brief:
    """What to write to ``to`` (a first name) about ``does`` (capability names), ``share`` (0-1) of the work."""
    work = listed(does)
    terms = [
        *([_("Where: %(place)s", place=lead.place)] if lead.place else []),
        *([_("Budget: about %(budget)s in all", budget=lead.budget.spoken())] if lead.budget else []),
        *([_("Done by: %(day)s", day=format_date(lead.due_on, "d MMMM yyyy", locale="en_US"))] if lead.due_on else []),
    ]
    part = _("I would like you to do %(work)s, about %(share)s %% of the work.", work=work, share=round(share * 100))
    mine = _("I stay with the client and run the project.") if leads_it else _("You would lead it.")
    return Brief(
        subject=_("A lead for you: %(work)s", work=work),
        text="\n\n".join(
            [
                _("Hello %(name)s,", name=to),
                _("a client of mine is looking for this:"),
                f"“{lead.text}”",
                *(["\n".join(terms)] if terms else []),
                f"{part} {mine}",
                _("Would that suit you? Shall we talk?"),
                f"{lead.member.name}\n{lead.business.name}",
            ]
        ),
    )
