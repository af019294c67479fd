"""The broker: asks some worker to run a job. The embedded one is kombu's folder of messages, made safe to read while
it is written."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES, filesystem

from directory.clock import utc_now

TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
celery_app = Celery("goodword")


def task_name(job: Callable[..., object]) -> str:
    """What Celery calls a job: where its function is."""
    return f"{job.__module__}.{job.__name__}"


def enqueue(job: Callable[..., object], *, expires: float) -> None:
    """Ask some worker to run a job; the message is dropped where none takes it within so many seconds."""
    celery_app.send_task(task_name(job), expires=expires)


class Channel(filesystem.Channel):
    """kombu's own opens the message's file, then writes it: a reader that comes in between loses the message and
    stops its worker (28 of 3,000 under load). Here a message appears under its name only when it is whole."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{utc_now().timestamp():.6f}_{uuid4()}".replace(".", "-") + f".{queue}.msg"
        part = Path(self.data_folder_out, f"{name}.part")
        part.write_text(json.dumps(payload), encoding="utf-8")
        os.rename(part, Path(self.data_folder_out, name))


class Transport(filesystem.Transport):
    """The transport of ``filesystem://`` here."""

    Channel = Channel
