"""The AsyncAPI document of the socket says what the schema, the golden frames and the decoder say."""

import json
from typing import get_args

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from support.frames import CONTRACTS, SCHEMA, goldens

from parley.chat_service.model import CloseCode
from parley.contracts.client_frames import ClientFrame, Request

FILE = CONTRACTS.parents[2] / "docs" / "protocol" / "asyncapi.yaml"
DOCUMENT = yaml.safe_load(FILE.read_text())
SCHEMA_FILE = CONTRACTS / "chat.v1.schema.json"
MESSAGES = DOCUMENT["components"]["messages"]
FRAMES = {f"{of}.{name}": frame for of in ("client", "server", "reply") for name, frame in goldens(of).items()}


def references(value):
    """Every `$ref` in the document."""
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(inner)


def resolve(reference):
    """What a reference of the document points at. Raises KeyError."""
    path, _, pointer = reference.partition("#")
    found = DOCUMENT if not path else json.loads((FILE.parent / path).read_text())
    for step in pointer.split("/")[1:]:
        found = found[step]
    return found


def kinds(direction):
    """Every `t` of the messages in this direction, `client` or `server`."""
    chosen = [it for key, it in MESSAGES.items() if key.startswith(f"{direction}.")]
    return {it["payload"]["schema"]["allOf"][1]["properties"]["t"]["const"] for it in chosen}


def kinds_in_schema(direction):
    shapes = [one["properties"].get("t", {}) for one in SCHEMA["$defs"][direction]["oneOf"] if "properties" in one]
    return {kind for t in shapes for kind in t.get("enum", [t.get("const")]) if kind}


def accepts(key, frame):
    """Whether the payload of a message accepts a frame."""
    registry = Registry(retrieve=lambda uri: Resource(contents=SCHEMA, specification=DRAFT202012))
    return Draft202012Validator(MESSAGES[key]["payload"]["schema"], registry=registry).is_valid(frame)


def key_of(golden):
    """The message that a golden frame is one of: a few goldens show one kind from several sides."""
    return max((key for key in MESSAGES if f"{golden}.".startswith(f"{key}.")), key=len)


def test_it_is_asyncapi_3():
    """The document parses, names its version, and has one channel at the path of the socket."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert [channel["address"] for channel in DOCUMENT["channels"].values()] == ["/ws"]


def test_every_reference_leads_somewhere():
    """Every `$ref` points at something, within the document or in the one schema file."""
    found = set(references(DOCUMENT))
    for reference in found:
        assert resolve(reference), reference
    outside = {reference.partition("#")[0] for reference in found} - {""}
    assert [(FILE.parent / path).resolve() for path in outside] == [SCHEMA_FILE]


def test_every_payload_is_a_frame_of_the_schema():
    """Each message takes its form from the schema, in its own direction."""
    for key, message in MESSAGES.items():
        direction = "client" if key.startswith("client.") else "server"
        reference = message["payload"]["schema"]["allOf"][0]["$ref"]
        assert reference.endswith(f"chat.v1.schema.json#/$defs/{direction}"), key


def test_the_kinds_are_those_of_the_schema_and_of_the_decoder():
    """No kind of frame is missing and none is made up."""
    assert kinds("client") == kinds_in_schema("client")
    assert kinds("client") == {frame.__struct_config__.tag for frame in get_args(ClientFrame)}
    assert kinds("server") == kinds_in_schema("server")


def test_requests_are_answered_and_notices_are_not():
    """What must carry an id has an operation with its own reply and a refusal, what must not has none."""
    requests = {frame.__struct_config__.tag for frame in get_args(ClientFrame) if issubclass(frame, Request)}
    for kind in kinds("client"):
        operation = DOCUMENT["operations"][kind]
        replies = [it["$ref"].rpartition("/")[2] for it in operation.get("reply", {}).get("messages", [])]
        assert operation["action"] == "receive"
        assert replies == ([f"reply.{kind}", "reply.refused"] if kind in requests else []), kind


def test_every_message_has_its_operation():
    """Whatever is in the channel is received, answered or sent by an operation, and the channel has every message."""
    used = [it for it in references(DOCUMENT["operations"]) if "/messages/" in it]
    assert set(DOCUMENT["channels"]["socket"]["messages"]) == set(MESSAGES)
    assert {it.rpartition("/")[2] for it in used} == set(MESSAGES)


@pytest.mark.parametrize("golden", FRAMES)
def test_golden_frames_are_their_messages(golden):
    """Each golden frame is accepted as its own message, and a push or a client's frame as no other."""
    key = key_of(golden)
    assert accepts(key, FRAMES[golden])
    if not key.startswith("reply."):
        direction = key.partition(".")[0]
        assert [it for it in MESSAGES if it.startswith(f"{direction}.") and accepts(it, FRAMES[golden])] == [key]


def test_every_message_has_a_golden():
    """There is a golden frame of each message."""
    assert {key_of(golden) for golden in FRAMES} == set(MESSAGES)


def test_the_page_for_people_leaves_nothing_out():
    """The page beside the document names every kind that a client sends or is sent today, and every close code."""
    page = (FILE.parent / "README.md").read_text()
    later = {kind for kind in kinds("server") if kind.startswith("call.")}
    assert [kind for kind in sorted(kinds("client") | kinds("server") - later) if f"`{kind}" not in page] == []
    assert [code for code in CloseCode if str(code.value) not in page] == []
