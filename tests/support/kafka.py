"""One Kafka broker in a container for all tests of a run, and what a test sees of it without our adapter.

Each test takes topics of its own, so that nothing has to be emptied. Next: `buses.py`, the adapters of the port.
"""

import asyncio
import atexit
import functools
import json
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from support.certificates import Certificate
from support.fault_proxy import free_port
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

IMAGE = "apache/kafka:4.3.1"
USER, PASSWORD = "parley", "a:b@c/d"
NOBODY = "kafka://127.0.0.1:1"
"""A broker that is away."""

_TOOLS = "/opt/kafka/bin"
_JAAS = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_LISTENERS = {"PLAIN": 9092, "SCRAM": 9094, "TLS": 9096, "RELAYED": 9098}
"""What the broker listens on inside its container. Whoever asks at RELAYED is sent on to a port that a relay takes."""


@dataclass(frozen=True)
class Broker:
    """A running broker. `ports` are this machine's, of each listener; that of RELAYED leads nowhere by itself."""

    container: DockerContainer
    ports: dict[str, int]
    certificate: Path

    def url(self, listener: str = "PLAIN", password: str = "", query: str = "") -> str:
        login = f"{USER}:{quote(password, safe='')}@" if password else ""
        scheme = "kafkas" if listener == "TLS" else "kafka"
        return f"{scheme}://{login}127.0.0.1:{self.ports[listener]}{query}"

    @property
    def behind_relay(self) -> int:
        """The port to which a relay of RELAYED leads."""
        return int(self.container.get_exposed_port(_LISTENERS["RELAYED"]))

    def run(self, tool: str, *arguments: str) -> str:
        """What one of Kafka's own tools prints. Fails if it does."""
        command = [f"{_TOOLS}/{tool}.sh", "--bootstrap-server", "localhost:19092", *arguments]
        code, output = self.container.exec(command)
        assert code == 0, output.decode(errors="replace")
        return output.decode()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.container.get_wrapped_container().kill()

    def start(self) -> None:
        """Start it again on what it has on its disk."""
        self.container.get_wrapped_container().start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It does not get to run meanwhile; its connections stay as they are."""
        self.container.get_wrapped_container().pause()
        try:
            yield
        finally:
            self.container.get_wrapped_container().unpause()


@functools.cache
def broker() -> Broker:
    """The one broker, started by the first test that needs it and stopped at the end of the run."""
    ports = {name: free_port() for name in _LISTENERS}
    folder = Path(tempfile.mkdtemp(prefix="parley-kafka-"))
    atexit.register(shutil.rmtree, folder)
    certificate = Certificate(folder)
    store = folder / "store.pem"
    store.write_bytes(certificate.key_file.read_bytes() + certificate.file.read_bytes())
    container = DockerContainer(IMAGE).with_envs(**_settings(ports))
    container.with_copy_into_container(store, "/etc/kafka/secrets/store.pem", 0o644)
    # An image that was built from files which nobody may write has a configuration that it may not write either.
    container.with_command(["bash", "-c", "chmod u+w /opt/kafka/config/*.properties && exec /etc/kafka/docker/run"])
    for name, inside in _LISTENERS.items():
        # `with_bind_ports` would listen on every address of the machine.
        container.ports[str(inside)] = ("127.0.0.1", None if name == "RELAYED" else ports[name])
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(120))
    container.start()
    atexit.register(container.stop)
    return Broker(container, ports, certificate.file)


@functools.cache
def admit(mechanism: str) -> None:
    """Let USER in with PASSWORD; the broker takes one mechanism at a time."""
    known = f"{mechanism}=[password={PASSWORD}]"
    broker().run("kafka-configs", "--alter", "--add-config", known, "--entity-type", "users", "--entity-name", USER)


def _settings(ports: dict[str, int]) -> dict[str, str]:
    heard = ",".join(f"{name}://:{inside}" for name, inside in _LISTENERS.items())
    told = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    kinds = "PLAIN:PLAINTEXT,SCRAM:SASL_PLAINTEXT,TLS:SASL_SSL,RELAYED:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT"
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
        "KAFKA_LISTENERS": f"INSIDE://:19092,CONTROLLER://:9093,{heard}",
        "KAFKA_ADVERTISED_LISTENERS": f"INSIDE://localhost:19092,{told}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": kinds,
        "KAFKA_SASL_ENABLED_MECHANISMS": "SCRAM-SHA-512",
        "KAFKA_LISTENER_NAME_TLS_SASL_ENABLED_MECHANISMS": "SCRAM-SHA-256",
        "KAFKA_LISTENER_NAME_SCRAM_SCRAM___SHA___512_SASL_JAAS_CONFIG": _JAAS,
        "KAFKA_LISTENER_NAME_TLS_SCRAM___SHA___256_SASL_JAAS_CONFIG": _JAAS,
        "KAFKA_SSL_KEYSTORE_TYPE": "PEM",
        "KAFKA_SSL_KEYSTORE_LOCATION": "/etc/kafka/secrets/store.pem",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_HEAP_OPTS": "-Xms320m -Xmx320m",
    }


def new_topic() -> str:
    """A name that nobody has used."""
    return f"test-{uuid.uuid4().hex}"


async def records(topic: str) -> Sequence[Any]:
    """Everything that a topic holds now, in order within each partition; nothing if there is no such topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=_address(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        if topic not in await consumer.topics():
            return []
        numbers = await consumer._client._wait_on_metadata(topic)
        places = [TopicPartition(topic, number) for number in numbers]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[Any] = []
        while any([await consumer.position(it) < ends[it] for it in places]):
            for some in (await consumer.getmany(timeout_ms=1000)).values():
                found.extend(some)
        return found
    finally:
        await consumer.stop()


async def lag(topic: str, group: str) -> int:
    """How many records of a topic the group has not acknowledged."""
    async with _admin() as admin:
        committed = await admin.list_consumer_group_offsets(group)
    consumer = AIOKafkaConsumer(bootstrap_servers=_address())
    await consumer.start()
    try:
        numbers = await consumer._client._wait_on_metadata(topic)
        ends = await consumer.end_offsets([TopicPartition(topic, number) for number in numbers])
    finally:
        await consumer.stop()
    return sum(end - (committed[it].offset if it in committed else 0) for it, end in ends.items())


async def put(topic: str, *found: tuple[bytes | None, bytes | None]) -> None:
    """Keys and values as any program may write them."""
    producer = AIOKafkaProducer(bootstrap_servers=_address())
    await producer.start()
    try:
        for key, value in found:
            await producer.send_and_wait(topic, value, key)
    finally:
        await producer.stop()


async def create(topic: str, partitions: int, **settings: int) -> None:
    """A topic as somebody else may make it; `max_message_bytes` is max.message.bytes."""
    async with _admin() as admin:
        await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=_dotted(settings))])


async def is_back() -> None:
    """Return when the broker takes a topic: after a long pause its controller may have counted it out for a moment."""
    outcome = None
    async with asyncio.timeout(60):
        while outcome != 0:
            await asyncio.sleep(0.05)
            outcome = await _made(new_topic())


async def _made(topic: str) -> int | None:
    try:
        async with _admin() as admin:
            await admin.list_topics()
            return (await admin.create_topics([NewTopic(topic, 1, 1)])).topic_errors[0][1]
    except KafkaError:
        return None


async def change(topic: str, **settings: int) -> None:
    """Replace what is set for a topic."""
    async with _admin() as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, _dotted(settings))])


async def delete(*topics: str) -> None:
    """Lose topics with all that they hold."""
    async with _admin() as admin:
        await admin.delete_topics(list(topics))


async def settings_of(topic: str) -> dict[str, Any]:
    """How many partitions a topic has, and its settings by their names."""
    async with _admin() as admin:
        (told,) = await admin.describe_topics([topic])
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {"partitions": len(told["partitions"]), **{it[0]: it[1] for it in answer.resources[0][4]}}


def headers(record: Any) -> dict[str, Any]:
    """The headers of a dead letter."""
    told = {name: value.decode() for name, value in record.headers}
    return {**told, "partition": json.loads(told["partition"]), "offset": json.loads(told["offset"])}


@asynccontextmanager
async def _admin() -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=_address())
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


def _dotted(settings: dict[str, int]) -> dict[str, str]:
    return {name.replace("_", "."): str(value) for name, value in settings.items()}


def _address() -> str:
    return f"127.0.0.1:{broker().ports['PLAIN']}"
