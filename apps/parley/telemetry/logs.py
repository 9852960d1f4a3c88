"""Log lines on standard error: one JSON object each where machines read, plain ones where people do.

Whatever logs uses the standard library, ours and libraries' alike, and comes out in the same form. Next: `context.py`,
the ids that every line carries.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

from parley.telemetry.context import bound, trace_id
from parley.telemetry.settings import LogSettings

_OURS = "parley"


def configure(settings: LogSettings, *, is_alone: bool, stream: TextIO | None = None) -> bool:
    """From now on everything that is logged goes to `stream`; whether as JSON.

    `is_alone` is true for one service of several.
    """
    out = stream or sys.stderr
    is_json = _is_json(settings, is_alone, out)
    handler = logging.StreamHandler(out)
    handler.setFormatter(_json_lines() if is_json else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    # Libraries may carry addresses and tokens, and tell what they carry in their lower levels.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    level = settings.log_level or ("info" if is_json else "warning")
    logging.getLogger(_OURS).setLevel(level.upper())
    if is_json:
        logging.captureWarnings(True)
        sys.excepthook = _log_the_end
    return is_json


def _is_json(settings: LogSettings, is_alone: bool, out: TextIO) -> bool:
    if settings.log_format == "auto":
        return is_alone and not out.isatty()
    return settings.log_format == "json"


def _json_lines() -> logging.Formatter:
    # Imported here because the one process, which writes for people, does without.
    from structlog import processors, stdlib

    members: list[Any] = [stdlib.add_log_level, stdlib.add_logger_name, stdlib.ExtraAdder(), _add_ids]
    return stdlib.ProcessorFormatter(
        foreign_pre_chain=[processors.TimeStamper(fmt="iso", utc=True), *members],
        processors=[
            stdlib.ProcessorFormatter.remove_processors_meta,
            processors.format_exc_info,
            processors.JSONRenderer(serializer=json.dumps),
        ],
    )


def _add_ids(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    line.update(bound())
    trace = trace_id()
    if trace:
        line["trace_id"] = trace
    return line


def _log_the_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(_OURS).critical("the process ends", exc_info=(kind, error, trace))
