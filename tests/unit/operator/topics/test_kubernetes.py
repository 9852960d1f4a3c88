"""What goes over the wire to the API server for KafkaTopic objects, and what its answers mean.

The server here only keeps bodies and answers; that a real one does as it is asked is tried in `tests/cluster/`.
"""

import json
from dataclasses import replace

import httpx2
import pytest
from lightkube import AsyncClient
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User
from support.topic_claims import claim

from parley_operator.topics.kubernetes import KubernetesTopicObjects
from parley_operator.topics.model import FINALIZER, Status, TopicSpec
from parley_operator.topics.objects import Notice, ObjectGone, ObjectsUnavailable

ROOT = "/apis/parley.manchik.co.uk/v1alpha1/namespaces/here/kafkatopics"
BODY = {
    "apiVersion": "parley.manchik.co.uk/v1alpha1",
    "kind": "KafkaTopic",
    "metadata": {
        "uid": "u1",
        "name": "letters",
        "namespace": "here",
        "generation": 3,
        "resourceVersion": "7",
        "creationTimestamp": "2026-10-01T00:00:00Z",
        "finalizers": ["theirs"],
    },
    "spec": {"partitions": 6},
    "status": {"topicId": "id-1"},
}


class Server:
    """Answers each request with `status` and `body`, and remembers it."""

    def __init__(self):
        self.status, self.body, self.asked = 200, BODY, []

    def __call__(self, request):
        sent = json.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.path, request.headers.get("content-type"), sent))
        return httpx2.Response(self.status, json=self.body)


def client_of(server):
    cluster = Cluster(server="http://api.invalid")
    config = KubeConfig.from_one(cluster=cluster, user=User(), context_name="here", namespace="here")
    return AsyncClient(config, transport=httpx2.MockTransport(server), trust_env=False)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
async def objects(server):
    client = client_of(server)
    yield KubernetesTopicObjects(client)
    await client.close()


async def test_listed(server, objects):
    """All objects of the namespace are listed, with what they declare and what was told."""
    server.body = {"kind": "KafkaTopicList", "metadata": {}, "items": [BODY]}
    (found,) = await objects.listed()
    assert server.asked[0][:2] == ("GET", ROOT)
    assert (found.name, found.created, found.resource_version) == ("letters", "2026-10-01T00:00:00Z", "7")
    assert found.spec == TopicSpec(topic_name="letters", partitions=6)
    assert found.status.topic_id == "id-1"


async def test_status(server, objects):
    """A status is merged into the subresource, with null for what is not known, so that nothing old stays."""
    await objects.write(claim(), Status(generation=3, topic_name="letters"))
    ((method, path, kind, sent),) = server.asked
    assert (method, path, kind) == ("PATCH", f"{ROOT}/letters/status", "application/merge-patch+json")
    assert sent.keys() == {"status"}
    assert (sent["status"]["observedGeneration"], sent["status"]["topicId"]) == (3, None)


async def test_finalizers(server, objects):
    """Our finalizer comes and goes on the object as it was seen, and those of others stay."""
    seen = claim(resource_version="7", finalizers=("theirs",))
    await objects.hold(seen)
    await objects.let_go(replace(seen, finalizers=("theirs", FINALIZER)))
    held, released = (sent["metadata"] for _, _, _, sent in server.asked)
    assert held == {"finalizers": ["theirs", FINALIZER], "resourceVersion": "7"}
    assert released == {"finalizers": ["theirs"], "resourceVersion": "7"}
    assert {path for _, path, _, _ in server.asked} == {f"{ROOT}/letters"}


async def test_event(server, objects):
    """An event names its object by uid, and a long sentence is cut to what the API server takes."""
    server.body = {"metadata": {}, "involvedObject": {}}
    await objects.tell(claim(), Notice(True, "TopicMissing", "x" * 2000))
    ((method, path, _, sent),) = server.asked
    assert (method, path) == ("POST", "/api/v1/namespaces/here/events")
    assert (sent["type"], sent["reason"], len(sent["message"])) == ("Warning", "TopicMissing", 1024)
    assert sent["involvedObject"]["uid"] == "u1"


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, ObjectGone), (409, ObjectsUnavailable), (403, ObjectsUnavailable), (500, ObjectsUnavailable)],
)
async def test_answers(server, objects, status, error):
    """No such object is one thing, and everything else that the API server did not do is worth another try."""
    server.status, server.body = status, {"kind": "Status", "code": status, "reason": "Because", "message": "no"}
    for call in (objects.write(claim(), Status()), objects.hold(claim()), objects.let_go(claim())):
        with pytest.raises(error):
            await call


async def test_nobody_answers(server, objects):
    """An API server that cannot be reached is away."""

    def away(request):
        raise httpx2.ConnectError("no", request=request)

    client = client_of(away)
    with pytest.raises(ObjectsUnavailable, match="ConnectError"):
        await KubernetesTopicObjects(client).listed()
    await client.close()
