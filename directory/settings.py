"""Settings from the environment: typed, secrets by value or by file, all errors reported at once."""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit

PREFIX = "GOODWORD_"


class SettingsError(Exception):
    """All wrong settings at once, one per line."""


@dataclass(frozen=True)
class Setting:
    """One variable: its name without the prefix, its parser, its default and its description."""

    name: str
    parse: Callable[[str], Any]
    default: str | None
    help: str


@dataclass(frozen=True)
class Settings:
    """The configuration of an installation. Everything else is a database row or a constant."""

    home: Path
    database_url: str
    broker_url: str
    base_url: str
    mail_url: str
    mail_from: str
    secret_key: str
    encryption_keys: tuple[str, ...]


def _home(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _database_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in ("sqlite", "postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError("write sqlite:////path/to/file.db or postgresql://user:password@host/name")
    return f"{'sqlite' if scheme == 'sqlite' else 'postgresql+psycopg'}://{rest}"


def _broker_url(text: str) -> str:
    if text != "filesystem://" and not text.startswith(("redis://", "rediss://")):
        raise ValueError("write filesystem:// or redis://host:port/0")
    return text


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("write the address members use, such as https://network.example")
    return text.rstrip("/")


def _mail_url(text: str) -> str:
    if text != "file://" and not (text.startswith(("smtp://", "smtps://")) and urlsplit(text).hostname):
        raise ValueError("write smtp://user:password@host:587, smtps://… or file://")
    return text


def _mail_from(text: str) -> str:
    if "@" not in parseaddr(text)[1]:
        raise ValueError("write a sender such as Goodword <network@your.example>")
    return text


def _secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError("needs at least 32 characters; `openssl rand -hex 32` makes one")
    return text


def _encryption_keys(text: str) -> tuple[str, ...]:
    return tuple(_secret_key(key.strip()) for key in text.split(","))


SETTINGS = (
    Setting("HOME", _home, "~/.goodword", "the folder for the database, files, the broker and generated keys"),
    Setting("DATABASE_URL", _database_url, None, "sqlite:///… or postgresql://…; without it goodword.db in the home"),
    Setting("BROKER_URL", _broker_url, "filesystem://", "filesystem:// (in the home) or redis://…"),
    Setting("BASE_URL", _base_url, "http://127.0.0.1:8000", "the address members use"),
    Setting("MAIL_URL", _mail_url, "file://", "smtp://… or smtps://… sends mail; file:// keeps it in the home"),
    Setting("MAIL_FROM", _mail_from, "Goodword <goodword@localhost>", "whom members see mail come from"),
    Setting("SECRET_KEY", _secret_key, None, "signs cookies and links; without it one is made once, in the home"),
    Setting("ENCRYPTION_KEYS", _encryption_keys, None, "seal secrets in the database: the first seals, all open"),
)


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read every ``GOODWORD_…`` variable, or its ``GOODWORD_…_FILE``.

    Creates the home folder and missing secrets in it. Raises SettingsError with a line for each wrong or unknown
    variable.
    """
    known = {PREFIX + setting.name + suffix for setting in SETTINGS for suffix in ("", "_FILE")}
    errors = [
        f"{name}: there is no such setting; `goodword check` lists them"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        name = PREFIX + setting.name
        try:
            text = _text(name, environ, setting.default)
            values[setting.name.lower()] = None if text is None else setting.parse(text)
        except (ValueError, OSError) as error:
            errors.append(f"{name}: {error}")
    if errors:
        raise SettingsError("\n".join(errors))
    home: Path = values["home"]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    values["database_url"] = _read_only_if_needed(values["database_url"] or f"sqlite:///{home / 'goodword.db'}")
    values["secret_key"] = values["secret_key"] or load_or_create_secret(home / "secret_key")
    values["encryption_keys"] = values["encryption_keys"] or (load_or_create_secret(home / "encryption_key"),)
    return Settings(**values)


def _read_only_if_needed(url: str) -> str:
    """Return the URL of a SQLite file so that it can be read in a folder where nothing can be written.

    SQLite keeps its write-ahead log in that folder, unless the file is declared immutable.
    """
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not Path(path).is_file() or Path(f"{path}-wal").exists():
        return url
    return url if os.access(Path(path).parent, os.W_OK) else f"sqlite:///file:{path}?immutable=1&uri=true"


def _text(name: str, environ: Mapping[str, str], default: str | None) -> str | None:
    value, path = environ.get(name), environ.get(name + "_FILE")
    if value is not None and path is not None:
        raise ValueError(f"is set twice; remove it or {name}_FILE")
    if path is not None:
        return Path(path).read_text(encoding="utf-8").strip()
    return default if value is None else value.strip()


def load_or_create_secret(path: Path) -> str:
    """Return the secret in the file ``path`` (mode 0600), created by the first call; safe with concurrent calls.

    The file appears whole or not at all, also where the disk is full. Raises SettingsError for a file without a key.
    """
    if not path.exists():
        with NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as whole:  # created with mode 0600
            whole.write(secrets.token_hex(32))
            whole.flush()
            os.fsync(whole.fileno())
            with suppress(FileExistsError):  # another process was first
                os.link(whole.name, path)
    try:
        return _secret_key(path.read_text(encoding="ascii").strip())
    except ValueError:
        raise SettingsError(
            f"{path}: holds no whole key. Bring it back from a backup; on a new installation, delete it."
        ) from None
