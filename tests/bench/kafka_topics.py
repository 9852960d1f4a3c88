"""How long a thousand KafkaTopic objects take over one broker, and what the operator needs for it.

`PYTHONPATH=operator:tests python -m bench.kafka_topics 1000 kafka://localhost:9092`. The API server is in memory, so
that this is the operator's and Kafka's share of the time.
"""

import asyncio
import importlib
import sys
import time
import uuid
from pathlib import Path

from prometheus_client import CollectorRegistry
from support.topic_objects import InMemoryObjects
from support.waiting import until

from parley_operator.topics.engine import Engine, Pace
from parley_operator.topics.kafka import KafkaTopics
from parley_operator.topics.kafka_urls import kafka_options
from parley_operator.topics.meters import TopicMeters

READY = ("True", "AsDeclared")
_PAGE = 4096


def resident_mib():
    """What this process holds in memory, in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 2**20


async def main(count, url):
    """Print the figures for so many topics at this Kafka."""
    for name in ("kopf", "lightkube"):
        importlib.import_module(name)
    objects, topics = InMemoryObjects(), KafkaTopics(kafka_options(url), 60.0)
    await topics.describe(["warm"])
    before = resident_mib()
    run = uuid.uuid4().hex[:8]
    for number in range(count):
        objects.declare(f"bench-{run}-{number}", partitions=1, config={"retention.ms": "600000"})
    engine = Engine(objects, topics, TopicMeters(CollectorRegistry()), Pace(resync_s=3600.0))
    objects.watcher = engine
    begun = time.monotonic()
    task = asyncio.create_task(engine.run())
    await until(lambda: all(objects.said(name, "Ready") == READY for name in objects.found), 900)
    print(f"{count} topics Ready after {time.monotonic() - begun:.1f} s, with {len(objects.writes)} writes of a status")
    for _ in range(3):
        written = len(objects.writes)
        looked = time.monotonic()
        await engine.resync()
        await until(lambda: engine.is_idle, 900)
        took, writes = time.monotonic() - looked, len(objects.writes) - written
        print(f"an unchanged resync takes {took:.1f} s and {writes} writes")
    print(f"resident: {resident_mib():.0f} MiB, {before:.0f} MiB of them before the first object")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
