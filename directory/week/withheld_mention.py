"""Withheld mentions: what a member agreed to have in the weekly post and no post says, and why, for that member."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from directory.people.tables import Member, Wanted
from directory.week.mention_choice import publication_faults
from directory.week.post_item import PostItem
from directory.week.unconsented_names import UnconsentedNames


def withheld_wants(session: Session, *, wants: Sequence[Wanted]) -> dict[int, list[str]]:
    """Return why no post says these wants although their members agreed to it, by the id of the want."""
    unconsented = UnconsentedNames(session)
    shared = {want.id: PostItem(want.member, want.shared_at, wanted=want) for want in wants if want.shared_at}
    return {id: faults for id, item in shared.items() if (faults := publication_faults(item, unconsented))}


def withheld_spotlight(session: Session, *, member: Member) -> list[str]:
    """Return why no post introduces the member although they agreed to it; empty if they did not, or one may."""
    if member.spotlight_at is None:
        return []
    return publication_faults(PostItem(member, member.spotlight_at), UnconsentedNames(session))
