"""Structured logs: one line of JSON per event, on standard error, without names, addresses, texts or tokens."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import structlog


def stack_locations(trace: Any) -> Iterator[str]:
    """Yield the frames of a traceback (or None), outermost first, as "file:line function"."""
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


def _redact_exception(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by its type and frames: its message, and texts that quote it, may hold what people wrote."""
    failure = event.pop("exc_info", None)
    if failure:
        kind, _error, trace = failure if isinstance(failure, tuple) else sys.exc_info()
        event.update(kind=kind.__name__ if kind else "", places=list(stack_locations(trace)))
        if "_record" in event:
            event["event"] = str(event["_record"].msg)
    return event


def configure_logging(*, level: int = logging.INFO) -> None:
    """Send structlog's and the standard library's loggers through one formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact_exception,
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
