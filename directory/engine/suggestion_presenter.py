"""Presentation of a suggestion for the member who asked: headline, parties, reasons, paths, alternates and gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine.firm_sentences import known_sentences
from directory.engine.reason_text import Names, ReasonText, path_text, sentence
from directory.engine.seat_level import seats_by_words_alone
from directory.leads.lead import Lead
from directory.leads.message_draft import Brief, draft_brief
from directory.leads.suggestion import Seat, SeatKind, Suggestion, Team
from directory.people.audience import is_visible_to_members
from directory.people.tables import Business, Member
from directory.profiles.member_view import FirmView, MemberView, firm_view, member_views
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _
from directory.translation import join_as_list, ngettext

MANY = 3  # more partners than this are counted in a headline, not named


@dataclass(frozen=True)
class PartyView:
    """A firm's part in a team: its seats, its share of the work (0-1), and the member to contact."""

    business: Business
    member: Member | None
    seen: MemberView | FirmView | None  # what the asker may see of them; None without an asker
    is_prime: bool
    is_me: bool
    share: float
    role: str
    does: str
    needs: tuple[str, ...]

    @property
    def called(self) -> str:
        return self.member.first_name if self.member else self.business.name


@dataclass(frozen=True)
class AlternateView:
    """Another firm that could take a seat."""

    business: Business
    member: Member | None
    shown: int
    is_known: bool


class SuggestionPresenter:
    """Presents a suggestion in words. ``asker`` and ``business`` are "you"; None for no particular reader."""

    def __init__(
        self,
        session: Session,
        *,
        lead: Lead,
        suggestion: Suggestion,
        asker: Member | None,
        business: Business | None,
        today: date,
    ) -> None:
        self.lead, self.suggestion, self.teams = lead, suggestion, suggestion.teams
        self._me, self._mine, self._session = asker, business, session
        seats = [seat for team in suggestion.teams for seat in team.seats]
        others = [other for seat in seats for other in seat.alternates]
        steps = [step for team in suggestion.teams for path in team.paths.values() for step in path]
        nearest = [gap["nearest"] for gap in suggestion.missing if gap["nearest"]]
        reasons = [reason for team in suggestion.teams for reason in team.reasons]
        quotes = [(reason["business"], digest) for reason in reasons if (digest := reason["data"].get("sentence"))]
        shown = known_sentences(session).by_firm if quotes else {}
        self.names = Names(
            businesses=_rows(
                session,
                Business,
                [
                    *(seat.business_id for seat in seats),
                    *(other["business"] for other in [*others, *nearest]),
                ],
            ),
            members=_rows(
                session,
                Member,
                [
                    *(seat.member_id for seat in seats),
                    *(other["member"] for other in others),
                    *(member for step in steps for member in (step["start"], step["end"])),
                ],
            ),
            capabilities=_rows(
                session,
                Capability,
                [
                    *(need.capability_id for need in lead.needs),
                    *(gap["capability"] for gap in [*suggestion.missing, *nearest]),
                    *(reason["data"].get(key) for reason in reasons for key in ("need", "capability")),
                ],
            ),
            me=None if asker is None else asker.id,
            mine=None if business is None else business.id,
            today=today,
            said={quote: shown[quote] for quote in quotes if quote in shown},
        )
        people = list(self.names.members.values())
        self._seen = member_views(session, reader=asker, members=people) if asker and people else {}
        self.names.hidden_prices.update(
            firm.id
            for firm in self.names.businesses.values()
            if asker
            and not is_visible_to_members(firm, "prices")
            and not firm_view(session, reader=asker, business=firm).sees("prices")
        )

    def team(self, rank: int) -> Team | None:
        """Return the team of that rank, else the first team, else None."""
        return next((team for team in self.teams if team.rank == rank), next(iter(self.teams), None))

    def headline(self, team: Team | None) -> str:
        """Return the answer as one sentence."""
        if team is None:
            return _("Nobody here does this yet") if self.lead.needs else _("Nothing here matches these words yet")
        prime, *subs = self.parties(team)
        if prime.is_me and not subs:
            return _("You can do this yourself")
        if not subs:
            return _("%(prime)s can do all of it", prime=prime.business.name)
        leads = _("You lead it") if prime.is_me else _("%(prime)s leads it", prime=prime.business.name)
        if len(subs) == 1:
            work = join_as_list(list(subs[0].needs))
            return _("%(leads)s, %(sub)s does %(work)s", leads=leads, sub=subs[0].business.name, work=work)
        if len(subs) > MANY:
            first = subs[0].business.name
            return _(
                "%(leads)s, with %(first)s and %(count)s other firms", leads=leads, first=first, count=len(subs) - 1
            )
        return _("%(leads)s, with %(subs)s", leads=leads, subs=join_as_list([sub.business.name for sub in subs]))

    def parties(self, team: Team) -> list[PartyView]:
        """Return the firms of a team, the prime first."""
        firms = dict.fromkeys(seat.business_id for seat in sorted(team.seats, key=lambda seat: not seat.is_prime))
        return [self._party([seat for seat in team.seats if seat.business_id == firm]) for firm in firms]

    def shares(self, team: Team) -> str:
        """Return the work shares as text, for readers who cannot see the bar."""
        return _(
            "Work share: %(shares)s", shares=join_as_list([f"{p.called} {p.share:.0%}" for p in self.parties(team)])
        )

    def reasons(self, team: Team) -> list[ReasonText]:
        """Return all reasons for this team, the greatest contribution first."""
        texts = [sentence(reason, self.names) for reason in team.reasons]
        return sorted(texts, key=lambda reason: -reason.contribution)

    def why(self, team: Team) -> list[ReasonText]:
        """Return the reasons worth reading: at most 7 about other firms and 2 about your own work."""
        news, mine = self._news(team), self.names.mine
        others = [reason for reason in news if reason.business != mine]
        own = [reason for reason in news if reason.business == mine and reason.signal in ("fit", "competence")]
        return others[:7] + own[:2] if others else own

    def why_each(self, team: Team) -> list[tuple[str, list[ReasonText]]]:
        """Return the reasons by firm, at most 3 each; with fewer than two partners all under an empty name."""
        subs = [party for party in self.parties(team) if not party.is_me]
        if len(subs) < 2:
            return [("", self.why(team))]
        news = self._news(team)
        by_firm = [(sub.called, [reason for reason in news if reason.business == sub.business.id][:3]) for sub in subs]
        return [(name, reasons) for name, reasons in by_firm if reasons]

    def _news(self, team: Team) -> list[ReasonText]:
        """Return the reasons that are news, each said once: a sentence may speak for several needs."""
        told = {(reason.business, reason.text): reason for reason in reversed(self.reasons(team)) if reason.is_news}
        return sorted(told.values(), key=lambda reason: -reason.contribution)

    def other_ways(self, team: Team) -> list[tuple[str, Team]]:
        """Return the other teams with a description, except those that only replace one firm by an alternate."""
        alternates = {other.business.id for _name, others in self.alternates(team) for other in others}
        described = []
        for other in self.teams:
            new, gone = _firms(other) - _firms(team), _firms(team) - _firms(other)
            if other is team or (len(new) == len(gone) == 1 and new <= alternates):
                continue
            text = self._difference(new, gone) if len(_firms(other)) > MANY else self.headline(other)
            described.append((text, other))
        return described

    def _difference(self, new: set[int], gone: set[int]) -> str:
        """Describe a large team by the firms that differ."""
        added, removed = (
            join_as_list(sorted(self.names.businesses[firm].name for firm in firms)) for firms in (new, gone)
        )
        if added and removed:
            return _("%(new)s instead of %(gone)s", new=added, gone=removed)
        return _("With %(new)s as well", new=added) if added else _("Without %(gone)s", gone=removed)

    def path(self, team: Team, party: PartyView) -> list[tuple[str, str]]:
        """Return how you know the party: (fact, name of the next person) for each step.

        Empty where the party is not yet known, or where a member on the path is no longer active.
        """
        return path_text(team.paths.get(str(party.business.id), ()), self.names)

    def open(self, team: Team | None) -> list[str]:
        """Return a sentence for each need that nobody covers, with the nearest claim."""
        gaps = (
            self.suggestion.missing
            if team is None
            else [gap for gap in self.suggestion.missing if gap["capability"] in team.missing]
        )
        return [self._gap(gap) for gap in gaps]

    def alternates(self, team: Team) -> list[tuple[str, list[AlternateView]]]:
        """Return for each party but yourself the firms that could take its seats: up to 4, best first."""
        sections = []
        for party in self.parties(team):
            seats = [
                seat for seat in team.seats if seat.business_id == party.business.id and seat.kind is SeatKind.NEED
            ]
            best: dict[int, AlternateView] = {}
            for alternate in (other for seat in seats for other in seat.alternates):
                other = AlternateView(
                    business=self.names.businesses[alternate["business"]],
                    member=self.names.members.get(alternate["member"]),
                    shown=alternate["shown"],
                    is_known=alternate["known"] == "known",
                )
                if other.business.id not in best or best[other.business.id].shown < other.shown:
                    best[other.business.id] = other
            if best and not party.is_me:
                ranked = sorted(best.values(), key=lambda other: -other.shown)[:4]
                sections.append((_("If %(name)s can’t", name=party.called), ranked))
        return sections

    def brief(self, party: PartyView) -> Brief:
        """Return the draft of what to say to the party by phone or mail."""
        return draft_brief(
            self.lead, to=party.called, does=list(party.needs), share=party.share, leads_it=not party.is_prime
        )

    def unproven(self, team: Team) -> str:
        """Return a sentence on the seats that rest on a firm's own words alone, empty where none does."""
        needs = [self.names.capability(seat.capability_id or 0) for seat in seats_by_words_alone(team)]
        if not needs:
            return ""
        return _("Only their own words speak for %(needs)s. Ask before you count on it.", needs=join_as_list(needs))

    def proof(self, team: Team) -> str:
        """Return a sentence on how sure the answer is; what rests on words alone is never called proven."""
        if seats_by_words_alone(team):
            return _("Not all of this is proven.")
        considered = self.suggestion.proof["considered"]
        if considered == 1 and len(self.teams) > 1:
            return _("No other team here does as much of it.")
        return ngettext("The only team there is.", "Best of %(count)s possible teams; all were compared.", considered)

    def _party(self, seats: list[Seat]) -> PartyView:
        first = seats[0]
        business = self.names.businesses[first.business_id]
        is_me = self._mine is not None and business.id == self._mine.id
        needs = tuple(self.names.capability(seat.capability_id) for seat in seats if seat.capability_id is not None)
        standing = [_("business development"), _("project management")] if first.is_prime else []
        does = join_as_list([*standing, *needs])
        member = next((self.names.members.get(seat.member_id) for seat in seats if seat.member_id is not None), None)
        return PartyView(
            business=business,
            member=member,
            seen=self._view_of(business, member),
            is_prime=first.is_prime,
            is_me=is_me,
            share=sum(seat.share for seat in seats),
            role=(_("You stay prime") if is_me else _("Leads it")) if first.is_prime else _("Subcontractor"),
            does=does[:1].upper() + does[1:],
            needs=needs,
        )

    def _view_of(self, business: Business, member: Member | None) -> MemberView | FirmView | None:
        if self._me is None:
            return None
        return self._seen[member.id] if member else firm_view(self._session, reader=self._me, business=business)

    def _gap(self, gap: Mapping[str, Any]) -> str:
        need = self.names.capability(gap["capability"])
        if not gap["nearest"]:
            return _("nobody here does %(need)s.", need=need)
        business = self.names.businesses[gap["nearest"]["business"]]
        return _(
            "nobody here does %(need)s. The nearest is %(business)s with %(near)s.",
            need=need,
            business=business.name,
            near=self.names.capability(gap["nearest"]["capability"]),
        )


def _firms(team: Team) -> set[int]:
    return {seat.business_id for seat in team.seats}


def _rows(session: Session, table: type[Any], ids: Sequence[int | None]) -> dict[int, Any]:
    wanted = {row_id for row_id in ids if row_id is not None}
    statement = select(table).where(table.id.in_(wanted))
    if table is Member:
        statement = statement.where(Member.is_active)  # a member who was suspended or left since is not named
    return {row.id: row for row in session.scalars(statement)} if wanted else {}
