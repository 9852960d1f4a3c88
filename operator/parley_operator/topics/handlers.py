"""The topics' part of kopf: every event is handed to the engine, which does all the rest.

Nothing but `on.event` is used, so that kopf puts no finalizer and no annotation of its own on an object.
When the engine ends, the process ends: a new one starts from what is there. Next: `engine.py`.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import kopf
from lightkube import AsyncClient

from parley_operator.instance import is_ours, watched
from parley_operator.meters import REGISTRY
from parley_operator.topics.engine import Engine, Pace
from parley_operator.topics.kafka import KafkaTopics
from parley_operator.topics.kafka_urls import kafka_options, with_password
from parley_operator.topics.kubernetes import KubernetesTopicObjects
from parley_operator.topics.meters import TopicMeters
from parley_operator.topics.model import GROUP, PLURAL, VERSION
from parley_operator.topics.port import Topics
from parley_operator.topics.reading import read_claim
from parley_operator.topics.unconfigured import NoTopics

_STALE = timedelta(seconds=4 * Pace.resync_s)
"""Without a listing for so long something hangs that has no deadline of its own."""

_log = logging.getLogger("parley.operator.topics")


class Keeping:
    """The engine at work in this process."""

    def __init__(self, topics: Topics) -> None:
        self._client = AsyncClient()
        self.engine = Engine(KubernetesTopicObjects(self._client, watched()), topics, TopicMeters(REGISTRY))
        self._begun = datetime.now(UTC)
        self._task = asyncio.create_task(self.engine.run())
        self._task.add_done_callback(_end_process)

    def problem(self, now: datetime) -> str | None:
        """Why this process is of no use any more, None while it is."""
        if self._task.done():
            return "the engine has ended"
        since = self.engine.resynced_at or self._begun
        return f"no listing of KafkaTopic objects since {since:%H:%M:%S}" if now - since > _STALE else None

    async def close(self) -> None:
        """End it."""
        self._task.remove_done_callback(_end_process)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._client.close()


def topics_at(environment: Mapping[str, str]) -> Topics:
    """The Kafka that KAFKA_URL names, the password of its user in KAFKA_URL_PASSWORD_FILE if that is given.

    Raises kopf.PermanentError, which ends the process, if it cannot be read.
    """
    if not (url := environment.get("KAFKA_URL")):
        return NoTopics()
    try:
        if file := environment.get("KAFKA_URL_PASSWORD_FILE"):
            url = with_password(url, _text(file))
        return KafkaTopics(kafka_options(url))
    except ValueError as mistake:
        raise kopf.PermanentError(f"KAFKA_URL: {mistake}.") from None


def _text(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError("KAFKA_URL_PASSWORD_FILE cannot be read") from None


@kopf.on.startup()
async def begin_topics(memo: kopf.Memo, **_: Any) -> None:
    """Start the engine, once there is a loop."""
    memo.topics = Keeping(topics_at(os.environ))


@kopf.on.cleanup()
async def end_topics(memo: kopf.Memo, **_: Any) -> None:
    """End it."""
    await memo.topics.close()


@kopf.on.event(GROUP, VERSION, PLURAL, when=is_ours)
async def topic_changed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """An object is there, has changed, or is gone."""
    body: Any = event["object"]
    if event["type"] == "DELETED":
        memo.topics.engine.gone(body["metadata"]["uid"])
    else:
        memo.topics.engine.heard(read_claim(body))


@kopf.on.probe(id="topics")
async def topics_alive(memo: kopf.Memo, **_: Any) -> str:
    """What `/alive` says. Raises kopf.PermanentError, which makes it 500, when nothing is kept any more."""
    if (problem := memo.topics.problem(datetime.now(UTC))) is not None:
        raise kopf.PermanentError(problem)
    return "keeping"


def _end_process(task: asyncio.Task[None]) -> None:
    _log.critical("the keeping of topics has ended", exc_info=None if task.cancelled() else task.exception())
    signal.raise_signal(signal.SIGTERM)
