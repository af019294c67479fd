"""Logs contain events and ids, and never the message of an exception, whichever logger is used."""

import json
import subprocess
import sys

FAILURES = """
import logging, structlog
from directory.log import configure_logging
configure_logging()
try:
    raise ValueError("carla@copper.example")
except ValueError as error:
    logging.getLogger("theirs").error("Task %(name)s: %(error)s", {"name": "t", "error": error}, exc_info=True)
    structlog.get_logger("ours").exception("broken")
"""


def test_an_exception_is_logged_by_its_type_and_frames_only() -> None:
    result = subprocess.run([sys.executable, "-c", FAILURES], capture_output=True, text=True, check=True, timeout=30)
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["Task %(name)s: %(error)s", "broken"]
    assert [(line["kind"], line["places"]) for line in lines] == [("ValueError", ["<string>:6 <module>"])] * 2
    assert "carla" not in result.stderr
