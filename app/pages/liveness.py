"""Liveness check: answers whether the process serves requests, without a version or details."""

from flask import Blueprint

from app.access import policy

pages = Blueprint("liveness", __name__)


@pages.get("/health/live")
@policy("ops.health_live")
def live() -> tuple[str, dict[str, str]]:
    return "ok\n", {"Content-Type": "text/plain", "Cache-Control": "no-store"}
