"""The second factor: a code that an app on the telephone makes anew every half minute (RFC 6238), taken once."""

from base64 import b32decode, b32encode
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import current_app
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts.account import note
from app.accounts.tables import Account, RecoveryCode, SecondFactor
from directory.db import new_public_id
from directory.errors import Conflict, Invalid
from directory.people.tables import Role
from directory.secrets import SealedColumn, SecretBox
from directory.translation import gettext as _

STEP = 30  # seconds; the step before and the one after are taken too, since clocks differ
RECOVERY_CODES = 10
SECRET = SealedColumn(SecondFactor.secret)


def prepare(session: Session, *, account: Account) -> SecondFactor:
    """A new secret to be scanned; it is not asked for before ``confirm``. Raises Conflict where one is in use."""
    if is_on(account):
        raise Conflict(_("A second step is already on. Turn it off first."))
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account.id))
    factor = SecondFactor(account_id=account.id, secret="")
    session.add(factor)
    session.flush()
    SECRET.store(factor, b32encode(token_bytes(20)).decode(), _secrets())
    return factor


def prepared(account: Account) -> SecondFactor | None:
    """What was made to be scanned and is not confirmed yet."""
    return None if is_on(account) else account.second_factor


def shown(factor: SecondFactor, *, account: Account) -> tuple[str, str]:
    """The secret as a picture (a data address) and as a person types it, in groups of four."""
    uri, secret = _totp(factor).get_provisioning_uri(account.email, "Goodword"), _secret(factor)
    picture = segno.make(uri, error="m").svg_data_uri(scale=4, border=4, light="#fff")
    return picture, " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def confirm(session: Session, *, account: Account, code: str, now: datetime) -> list[str]:
    """Put the prepared secret to use; the recovery codes, which nobody sees again. Raises Invalid, Conflict."""
    factor = session.scalar(select(SecondFactor).filter_by(account_id=account.id, confirmed_at=None).with_for_update())
    if factor is None:
        raise Conflict(_("Start again: there is no code to confirm."))
    if (step := _step(factor, code, now)) is None:
        raise Invalid(
            _("This code does not match. Wait for the next one, and check that your phone shows the right time.")
        )
    factor.confirmed_at, factor.last_step = now, step
    codes = [new_public_id() for _each in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    session.add_all(RecoveryCode(account_id=account.id, code_hash=_hash(each)) for each in codes)
    note(session, account, "account.second_factor_on", now)
    return ["-".join((each[:4], each[4:8], each[8:])) for each in codes]


def is_on(account: Account) -> bool:
    """Whether a code is asked for when this account signs in."""
    return account.second_factor is not None and account.second_factor.confirmed_at is not None


def is_wanted(account: Account) -> bool:
    """Whether its member runs something here, and so is asked to have one, and has none yet."""
    runs = account.member.is_admin or any(held.role is Role.LEAD for held in account.member.holds)
    return runs and not is_on(account)


def accept(session: Session, *, account: Account, code: str, now: datetime) -> bool:
    """Whether the code is right, of the generator or a recovery code; the same one is right once."""
    used = select(SecondFactor).where(SecondFactor.account_id == account.id, SecondFactor.confirmed_at.is_not(None))
    factor = session.scalar(used.with_for_update())  # two with the same code come one after the other
    if factor is None:
        return False
    if (step := _step(factor, code, now)) is not None:
        factor.last_step = step
        return True
    spent = delete(RecoveryCode).where(RecoveryCode.account_id == account.id, RecoveryCode.code_hash == _hash(code))
    return bool(session.scalars(spent.returning(RecoveryCode.id)).all())


def codes_left(session: Session, *, account: Account) -> int:
    """How many recovery codes have not been used."""
    left = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.account_id == account.id)
    return session.scalar(left) or 0


def switch_off(session: Session, *, account: Account, now: datetime) -> None:
    """Ask for no code any more."""
    for table in (SecondFactor, RecoveryCode):
        session.execute(delete(table).where(table.account_id == account.id))
    note(session, account, "account.second_factor_off", now)


def _step(factor: SecondFactor, code: str, now: datetime) -> int | None:
    """The step that the code is of, if it is near enough and no step as late was taken before."""
    totp, typed, here = _totp(factor), "".join(code.split()).encode(), int(now.timestamp()) // STEP
    for step in (here - 1, here, here + 1):
        if factor.last_step is None or step > factor.last_step:
            try:
                totp.verify(typed, step * STEP)
            except InvalidToken:
                continue
            return step
    return None


def _totp(factor: SecondFactor) -> TOTP:
    return TOTP(b32decode(_secret(factor)), 6, SHA1(), STEP)  # noqa: S303 - what every such app makes codes with


def _secret(factor: SecondFactor) -> str:
    return SECRET.read(factor, _secrets())


def _secrets() -> SecretBox:
    secrets: SecretBox = current_app.config["SECRETS"]
    return secrets


def _hash(code: str) -> str:
    """Of a random code of 59 bits, which a quick hash keeps well; blanks, dashes and case do not matter."""
    return sha256("".join(filter(str.isalnum, code.casefold())).encode()).hexdigest()
