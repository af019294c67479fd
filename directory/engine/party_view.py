"""What a page shows of a firm in a team: its part, and the member to contact."""

from dataclasses import dataclass

from directory.people.tables import Business, Member
from directory.profiles.member_view import FirmView, MemberView


@dataclass(frozen=True)
class PartyView:
    """A firm's part in a team: its seats, and the member to contact."""

    business: Business
    member: Member | None
    seen: MemberView | FirmView | None  # what the asker may see of them; None without an asker
    is_prime: bool
    is_me: bool
    is_direct: bool  # works for the client, not for the prime
    percent: int  # of the work; those of a team add up to 100
    role: str
    does: str
    needs: tuple[str, ...]

    @property
    def called(self) -> str:
        return self.member.first_name if self.member else self.business.name


@dataclass(frozen=True)
class AlternateView:
    """Another firm that could take a seat; ``match`` is how well the team fits with it."""

    business: Business
    member: Member | None
    shown: int
    match: str
    is_known: bool
