"""What lines look like, whoever writes them, and what they carry without being handed it."""

import asyncio
import io
import json
import logging
import re
import sys
import warnings

import pytest

from parley.telemetry.context import binding, tracing
from parley.telemetry.logs import configure
from parley.telemetry.settings import LogSettings

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def restored():
    """The process's logging as it was, whatever the test made of it."""
    root, ours = logging.getLogger(), logging.getLogger("parley")
    before = root.handlers[:], root.level, ours.level, sys.excepthook
    yield
    logging.captureWarnings(False)
    root.handlers[:], root.level, ours.level, sys.excepthook = before


@pytest.fixture
def out(restored):
    """Where JSON lines are written."""
    stream = io.StringIO()
    assert configure(LogSettings(log_format="json"), is_alone=True, stream=stream)
    return stream


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_object(out):
    """A line of our own has time in UTC, level, logger, event and whatever else was given, and is one line."""
    logging.getLogger("parley.x").warning("two\nlines of %s", "text", extra={"engine": "database"})
    (line,) = lines(out)
    assert _RFC_3339.fullmatch(line.pop("timestamp"))
    assert line == {"level": "warning", "logger": "parley.x", "event": "two\nlines of text", "engine": "database"}


def test_libraries_write_the_same_form(out):
    """A warning of a library, and one of Python itself, are objects too."""
    logging.getLogger("some.library").warning("hm")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)
    assert [(line["logger"], line["level"]) for line in lines(out)] == [
        ("some.library", "warning"),
        ("py.warnings", "warning"),
    ]


@pytest.mark.parametrize("level", ["debug", "info"])
def test_libraries_say_nothing_below_a_warning(restored, level):
    """However much we are asked to tell, libraries do not tell what they carry."""
    stream = io.StringIO()
    configure(LogSettings(log_format="json", log_level=level), is_alone=True, stream=stream)
    logging.getLogger("some.library").info("carrying ann@example.org")
    logging.getLogger("parley.x").info("ours")
    assert [line["event"] for line in lines(stream)] == ["ours"]


def test_an_exception_is_part_of_its_line(out):
    """A trace is a member of the same object."""
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("parley.x").exception("broken")
    (line,) = lines(out)
    assert line["event"] == "broken"
    assert line["exception"].endswith("ZeroDivisionError")


def test_the_end_of_the_process_is_a_line(out):
    """What nobody caught is written in the same form."""
    sys.excepthook(ValueError, ValueError("x"), None)
    assert [line["level"] for line in lines(out)] == ["critical"]


def test_text_that_cannot_be_encoded_is_written(out):
    """A lone surrogate, which no UTF-8 has, does not lose the line."""
    logging.getLogger("parley.x").warning("\ud800")
    assert lines(out)[0]["event"] == "\ud800"


def test_ids_are_carried(out):
    """What is bound around the work is in its lines, the trace too, and nothing afterwards."""
    with binding(request_id="r"), binding(event_id="e"), tracing(f"00-{'a' * 32}-{'b' * 16}-01"):
        logging.getLogger("parley.x").warning("in")
    logging.getLogger("parley.x").warning("out")
    inside, outside = lines(out)
    assert (inside["request_id"], inside["event_id"], inside["trace_id"]) == ("r", "e", "a" * 32)
    assert {"request_id", "event_id", "trace_id"}.isdisjoint(outside)


async def test_ids_stay_with_their_task(out):
    """Tasks that run in turns do not see each other's ids, and the tasks they start see theirs."""
    both = asyncio.Barrier(2)

    async def work(name):
        with binding(request_id=name):
            await both.wait()
            await asyncio.create_task(tell(name))

    async def tell(name):
        logging.getLogger("parley.x").warning(name)

    await asyncio.gather(work("a"), work("b"))
    assert {(line["event"], line["request_id"]) for line in lines(out)} == {("a", "a"), ("b", "b")}


@pytest.mark.parametrize(
    ("log_format", "is_alone", "stream", "is_json"),
    [
        ("auto", True, io.StringIO, True),
        ("auto", True, Terminal, False),
        ("auto", False, io.StringIO, False),
        ("json", False, Terminal, True),
        ("console", True, io.StringIO, False),
    ],
)
def test_who_reads_decides(restored, log_format, is_alone, stream, is_json):
    """Unless told otherwise JSON is for a service alone that no terminal reads."""
    assert configure(LogSettings(log_format=log_format), is_alone=is_alone, stream=stream()) is is_json


def test_a_console_shows_warnings_only(restored):
    """For people a line is short, and what is in order is not told."""
    stream = io.StringIO()
    configure(LogSettings(), is_alone=False, stream=stream)
    logging.getLogger("parley.rest").info("GET / 200")
    logging.getLogger("parley.x").warning("hm", extra={"engine": "database"})
    assert stream.getvalue() == "WARNING parley.x: hm\n"
