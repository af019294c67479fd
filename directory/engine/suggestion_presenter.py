"""Presentation of a suggestion for the member who asked: headline, parties, reasons, paths, alternates and gaps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.engine import shape_text
from directory.engine.firm_sentences import quotable_sentences
from directory.engine.match_word import match_word
from directory.engine.party_view import AlternateView, PartyView
from directory.engine.reason_text import Names, ReasonText, path_text, sentence
from directory.engine.seat_level import seats_by_words_alone
from directory.leads.lead import Lead, Shape
from directory.leads.message_draft import Brief, draft_brief
from directory.leads.suggestion import Seat, SeatKind, Suggestion, Team, whole_percents
from directory.people.audience import is_visible_to_members
from directory.people.tables import Business, Member
from directory.profiles.member_view import FirmView, MemberView, firm_view, member_views
from directory.taxonomy.capability import Capability, without_shares
from directory.translation import gettext as _
from directory.translation import join_as_list


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
        shown = quotable_sentences(session, {firm for firm, _digest in quotes})
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
        self.restricted = without_shares(session, [need.capability_id for need in lead.needs])
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
        if team is not None:
            return shape_text.headline(self.shape(team), self.parties(team), is_whole=not team.missing)
        if not self.lead.needs:
            return _("Nothing here matches these words yet")
        if self.lead.shape is Shape.ALONE:
            return _("Your firm does not list this yet")
        return _("Nobody here does this yet")

    def shape(self, team: Team) -> Shape | None:
        """Return how the bringer works in this team, by who holds its seats; None where nobody is "you"."""
        if self._mine is None:
            return None
        if self._mine.id not in _firms(team):
            return Shape.HAND_OVER
        return Shape.ALONE if len(_firms(team)) == 1 else Shape.TOGETHER

    def why_shape(self, team: Team) -> str:
        """Return why this shape was proposed; empty where the bringer chose it."""
        shape = self.shape(team)
        if shape is None or self.lead.shape is not None:
            return ""
        asked = {need.capability_id for need in self.lead.needs}
        return shape_text.why_shape(
            shape, self.parties(team), is_whole=not team.missing, is_restricted=asked <= self.restricted
        )

    def parties(self, team: Team) -> list[PartyView]:
        """Return the firms of a team, the prime first."""
        seats: dict[int, list[Seat]] = {}
        for seat in sorted(team.seats, key=lambda seat: not seat.is_prime):
            seats.setdefault(seat.business_id, []).append(seat)
        percents = whole_percents([sum(seat.share for seat in held) for held in seats.values()])
        return [self._party(team, held, percent) for held, percent in zip(seats.values(), percents, strict=True)]

    def shares(self, team: Team) -> list[PartyView]:
        """Return the firms whose shares of the work may be shown to who asks; none where law restricts them."""
        needs = {seat.capability_id for seat in team.seats}
        is_shared = self.shape(team) in (Shape.TOGETHER, None) and not needs & self.restricted
        parties = self.parties(team) if is_shared else []
        return parties if len(parties) > 1 else []

    def match(self, team: Team, *, other: Mapping[str, Any] | None = None) -> str:
        """Return how well the team fits, in a word; ``other``: with this alternate, as stored in a seat, in it."""
        musts = {need.capability_id for need in self.lead.needs if need.is_must}
        told = [reason["data"]["known"] for reason in team.reasons if reason["signal"] == "trust"]
        return match_word(
            other["shown"] if other else team.shown,
            is_proven=not (musts & {*team.missing} or seats_by_words_alone(team)),
            is_known=self._me is None or {*told, *([other["known"]] if other else [])} <= {"known"},
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
            text = self._difference(new, gone) if len(_firms(other)) > shape_text.MANY else self.headline(other)
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
        others = [(party, self.alternates_of(team, party)) for party in self.parties(team) if not party.is_me]
        return [(_("If %(name)s can’t", name=party.called), ranked) for party, ranked in others if ranked]

    def alternates_of(self, team: Team, party: PartyView) -> list[AlternateView]:
        """Return the firms that could take the seats of a party: up to 4, best first."""
        best: dict[int, AlternateView] = {}
        for seat in self.need_seats(team, party):
            for alternate in seat.alternates:
                other = AlternateView(
                    business=self.names.businesses[alternate["business"]],
                    member=self.names.members.get(alternate["member"]),
                    shown=alternate["shown"],
                    match=self.match(team, other=alternate),
                    is_known=alternate["known"] == "known",
                )
                if other.business.id not in best or best[other.business.id].shown < other.shown:
                    best[other.business.id] = other
        return sorted(best.values(), key=lambda other: -other.shown)[:4]

    def need_seats(self, team: Team, party: PartyView) -> list[Seat]:
        """Return the seats of a party that are for a need."""
        return [seat for seat in team.seats if seat.business_id == party.business.id and seat.kind is SeatKind.NEED]

    def brief(self, team: Team, party: PartyView, *, greets: bool = True) -> Brief:
        """Return the draft of what to say to a party of the team by phone or mail, with or without their name."""
        request = shape_text.request_text(self.shape(team), party, is_led_by_me=not party.is_prime)
        return draft_brief(self.lead, to=party.called if greets else "", does=list(party.needs), request=request)

    def unproven(self, team: Team) -> str:
        """Return a sentence on the seats that rest on a firm's own words alone, empty where none does."""
        needs = [self.names.capability(seat.capability_id or 0) for seat in seats_by_words_alone(team)]
        if not needs:
            return ""
        return _("For %(needs)s there are only their own words. Ask before you count on it.", needs=join_as_list(needs))

    def proof(self, team: Team) -> str:
        """Return a sentence on how sure the answer is; what rests on words alone is never called proven."""
        if seats_by_words_alone(team):
            return _("Not all of this is proven.")
        if self.lead.shape is Shape.ALONE:
            return _("Nobody else was compared.")
        if self.suggestion.proof["considered"] == 1:
            return _("Nobody else here does as much of it.")
        return _("Everybody here who could do it was compared.")

    def _party(self, team: Team, seats: list[Seat], percent: int) -> PartyView:
        first, shape = seats[0], self.shape(team)
        business = self.names.businesses[first.business_id]
        is_me = self._mine is not None and business.id == self._mine.id
        needs = tuple(self.names.capability(seat.capability_id) for seat in seats if seat.capability_id is not None)
        others = {seat.capability_id for seat in team.seats if seat.business_id != business.id}
        leads = first.is_prime and (not others <= self.restricted or self._mine is None)
        is_direct = not first.is_prime and any(seat.capability_id in self.restricted for seat in seats)
        standing = [_("business development"), _("project management")] if leads else []
        does = join_as_list([*standing, *needs])
        member = next((self.names.members.get(seat.member_id) for seat in seats if seat.member_id is not None), None)
        return PartyView(
            business=business,
            member=member,
            seen=self._view_of(business, member),
            is_prime=first.is_prime,
            is_me=is_me,
            is_direct=is_direct,
            percent=percent,
            role=shape_text.role(shape, leads=leads, is_me=is_me, is_direct=is_direct, has_needs=bool(needs)),
            does=does[:1].upper() + does[1:],
            needs=needs,
        )

    def _view_of(self, business: Business, member: Member | None) -> MemberView | FirmView | None:
        if self._me is None:
            return None
        return self._seen[member.id] if member else firm_view(self._session, reader=self._me, business=business)

    def _gap(self, gap: Mapping[str, Any]) -> str:
        need = self.names.capability(gap["capability"])
        if self.lead.shape is Shape.ALONE:
            return _("your firm does not list %(need)s.", need=need)
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
