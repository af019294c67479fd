"""Structured logs: one line of JSON per event, on standard error, without names, addresses, texts or tokens."""

import logging
import sys
from traceback import walk_tb
from types import TracebackType
from typing import Any

import structlog


def stack_locations(trace: TracebackType | None) -> list[str]:
    """Return the frames of a traceback, outermost first, as "file:line function"."""
    frames = [(frame.f_code, line) for frame, line in walk_tb(trace)]
    return [f"{code.co_filename}:{line} {code.co_name}" for code, line in frames]


def _redact_exception(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by its type and frames: its message, and texts that quote it, may hold what people wrote."""
    failure = event.pop("exc_info", None)
    if failure:
        kind, _error, trace = failure if isinstance(failure, tuple) else sys.exc_info()
        event.update(kind=kind.__name__ if kind else "", places=stack_locations(trace))
        if "_record" in event:
            event["event"] = str(event["_record"].msg)
    return event


def configure_logging() -> None:
    """Send structlog's and the standard library's loggers through one formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
