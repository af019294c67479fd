"""Logs as data: one line of JSON per event, on standard error. No names, addresses, texts or tokens in it."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import structlog


def stack_locations(trace: Any) -> Iterator[str]:
    """Where a failure passed through, the outermost first: "file:line function". Takes a traceback, or None."""
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


def _without_words(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A failure by kind and places: its message, and a sentence with that message in it, carry what people wrote."""
    failure = event.pop("exc_info", None)
    if failure:
        kind, _error, trace = failure if isinstance(failure, tuple) else sys.exc_info()
        event.update(kind=kind.__name__ if kind else "", places=list(stack_locations(trace)))
        if "_record" in event:
            event["event"] = str(event["_record"].msg)
    return event


def configure_logging(*, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers through one formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_words,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
