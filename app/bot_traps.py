"""Traps for programs in a public form: a signed challenge that dates the form and, where scripts run, a proof of work.

The challenge and its proof are those of altcha, version 2. A proof only makes mass mailing dear; nobody needs one.
"""

import json
from base64 import b64encode
from datetime import timedelta

from altcha import Challenge, Payload, Solution, create_challenge, verify_solution
from flask import current_app, request

from app.db import db
from app.request_time import now
from directory.errors import Conflict, Invalid
from directory.rate_limit import consume_allowance
from directory.translation import gettext as _

ALGORITHM, COST = "PBKDF2/SHA-256", 20_000  # rounds; a desktop tries its 256 keys on average in a second
SOONEST, LATEST = timedelta(seconds=3), timedelta(days=1)  # between opening a form and sending it
PROVEN, UNPROVEN = 10, 3  # forms an hour from one network address


def new_challenge() -> str:
    """Return the challenge of a form that is opened now, as JSON."""
    challenge = create_challenge(ALGORITHM, COST, data={"at": int(now().timestamp())}, hmac_secret=_secret())
    return json.dumps(challenge.to_dict())


def check_traps(form_name: str, challenge: str, proof: str) -> None:
    """Count a form that was sent, and check its challenge and the solution ``proof``, "" without one.

    Raises Invalid where the challenge is forged, used before, too old or answered sooner than anybody types, or the
    proof is wrong; Conflict after too many from one network address, fewer without a proof.
    """
    payload = _read(challenge, proof)
    # The library answers what is forged before it looks at the solution.
    result = verify_solution(payload, _secret()) if payload else None
    if payload is None or result is None or result.invalid_signature is not False or (proof and not result.verified):
        raise Invalid(_("Please send this once more; the page was too old or was not sent completely."))
    age = now().timestamp() - (payload.challenge.parameters.data or {})["at"]
    if not SOONEST.total_seconds() <= age <= LATEST.total_seconds():
        raise Invalid(_("Please read it once more, then send it again."))
    limit, hour = PROVEN if proof else UNPROVEN, timedelta(hours=1)
    key = f"{form_name} {'proven' if proof else 'unproven'} {request.remote_addr}"
    if not consume_allowance(db.session(), key=key, limit=limit, within=hour, now=now()):
        raise Conflict(_("That is a lot from one place. Wait an hour, or call one of us."))
    nonce = f"{form_name} {payload.challenge.parameters.nonce}"
    if not consume_allowance(db.session(), key=nonce, limit=1, within=LATEST, now=now()):
        raise Conflict(_("You have sent this already. We have it."))


def _read(challenge: str, proof: str) -> Payload | None:
    try:
        solution = Solution.from_dict(json.loads(proof)) if proof else Solution(0, "")
        return Payload(Challenge.from_dict(json.loads(challenge)), solution)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _secret() -> str:
    return b64encode(f"form {current_app.config['SECRET_KEY']}".encode()).decode()
