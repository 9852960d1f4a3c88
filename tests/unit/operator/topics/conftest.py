"""An engine at work over an API server and a Kafka in memory."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from support.topic_objects import InMemoryObjects

from parley_operator.topics.engine import Engine, Pace
from parley_operator.topics.inprocess import InProcessTopics
from parley_operator.topics.meters import TopicMeters

QUICK = Pace(linger_s=0.01, resync_s=3600.0, first_pause_s=0.01, longest_pause_s=0.05)


@pytest.fixture
def kafka():
    return InProcessTopics()


@pytest.fixture
def objects():
    return InMemoryObjects()


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def working(objects, kafka, registry):
    """Opens an engine, with another pace or planner if a test wants one; it has ended afterwards."""

    @asynccontextmanager
    async def open_engine(pace=QUICK, **more):
        engine = Engine(objects, more.pop("topics", kafka), TopicMeters(registry), pace, **more)
        objects.watcher = engine
        task = asyncio.create_task(engine.run())
        try:
            yield engine
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return open_engine
