"""The broker: enqueue a job for any worker, and a safe transport for the embedded broker.

The embedded broker is kombu's folder of message files. Here a message is never read before it is completely written.
"""

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
    """Return a job's Celery task name: the module and name of its function."""
    return f"{job.__module__}.{job.__name__}"


def enqueue(job: Callable[..., object], *, expires: float) -> None:
    """Ask any worker to run a job. The message is dropped if no worker takes it within ``expires`` seconds."""
    celery_app.send_task(task_name(job), expires=expires)


class Channel(filesystem.Channel):
    """A filesystem channel that puts a message under its name only when it is complete, and makes its folder again.

    kombu's own channel opens the message's file, then writes it. A reader that comes in between loses the message and
    stops its worker (28 of 3,000 under load). A removed folder would stop the worker too.
    """

    @property
    def data_folder_in(self) -> str:
        """Return the folder of the messages, which exists."""
        folder = str(self.transport_options["data_folder_in"])
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return folder

    data_folder_out = data_folder_in

    def get_table(self, exchange: str) -> list[Any]:
        """Return the queues of the exchange: the one that all jobs share, also where its file was removed."""
        queue = celery_app.conf.task_default_queue
        table: list[Any] = super().get_table(exchange)  # type: ignore[no-untyped-call]
        return table or [filesystem.exchange_queue_t(queue, "", queue)]

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{utc_now().timestamp():.6f}_{uuid4()}".replace(".", "-") + f".{queue}.msg"
        part = Path(self.data_folder_out, f"{name}.part")
        part.write_text(json.dumps(payload), encoding="utf-8")
        os.rename(part, Path(self.data_folder_out, name))


class Transport(filesystem.Transport):
    """The transport that ``filesystem://`` stands for in this process."""

    Channel = Channel
