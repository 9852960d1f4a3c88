"""What clients say they sent, what was acknowledged and what each saw, and whether that agrees with the history.

Nothing here talks to a server: `chat_client.py` writes the ledger, `histories.py` reads the history for `compare`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Said(NamedTuple):
    """A text whose sender pressed send: the `number`-th of this sender in this conversation."""

    id: str
    conv: str
    sender: str
    body: str
    number: int


class Shown(NamedTuple):
    """One entry as a client or the history has it."""

    seq: int
    id: str
    sender: str
    kind: str
    body: str | None

    @classmethod
    def of(cls, document: Mapping[str, object]) -> "Shown":
        """From the `d` of a `msg` frame, or from an item of a history."""
        return cls(
            int(str(document["seq"])),
            str(document["id"]),
            str(document["from"]),
            str(document["kind"]),
            str(document["body"]) if document.get("body") is not None else None,
        )


class Anomaly(NamedTuple):
    """Something that must not be: `kind` is lost, doubled, reordered, unseen, phantom, or idle."""

    kind: str
    what: str


@dataclass
class Ledger:
    """What all clients of one run have done and met."""

    said: dict[str, Said] = field(default_factory=dict)
    acked: dict[str, int] = field(default_factory=dict)
    anomalies: list[Anomaly] = field(default_factory=list)
    """What a client noticed by itself, on its own connection."""
    faults: list[str] = field(default_factory=list)
    ack_s: list[float] = field(default_factory=list)
    """Seconds from pressing send to the acknowledgement, retries and all."""
    wire_s: list[float] = field(default_factory=list)
    """Of that, the seconds from the last sending to its acknowledgement: without waiting for an earlier message, for a
    connection, and for what was sent in vain."""
    away_s: list[float] = field(default_factory=list)
    """Seconds from losing a connection to being up to date again."""
    refused_s: list[float] = field(default_factory=list)
    """Seconds until a message was refused for now because a store does not answer."""
    retries: int = 0

    def note(self, kind: str, what: str) -> None:
        """A client has met something that must not be."""
        self.anomalies.append(Anomaly(kind, what))

    def acknowledge(self, said: Said, seq: int) -> None:
        """The server says that it is stored there."""
        if self.acked.setdefault(said.id, seq) != seq:
            self.note("doubled", f"{said.body} was acknowledged at {self.acked[said.id]} and at {seq}")


History = Mapping[str, Sequence[Shown]]
"""The entries of each conversation, as they are stored."""

Screens = Mapping[str, Mapping[str, Mapping[int, Shown]]]
"""What each client shows: by the client's name and the conversation, the entry at each place."""


def compare(ledger: Ledger, history: History, screens: Screens) -> list[Anomaly]:
    """Everything that is wrong with a run, empty if it is right. A run that tried nothing is wrong as well."""
    found = list(ledger.anomalies)
    if not ledger.acked:
        found.append(Anomaly("idle", "nothing was sent"))
    if not ledger.faults:
        found.append(Anomaly("idle", "no fault was injected"))
    for conv, entries in history.items():
        found += _history(ledger, conv, entries)
    for name, screen in screens.items():
        for conv, entries in screen.items():
            found += _screen(name, history[conv], entries)
    return found + _lost(ledger, history)


def _history(ledger: Ledger, conv: str, entries: Sequence[Shown]) -> list[Anomaly]:
    found = []
    if [it.seq for it in entries] != list(range(1, len(entries) + 1)):
        found.append(Anomaly("lost", f"{conv} has a hole or a place taken twice"))
    texts = [it for it in entries if it.kind == "text"]
    seen: set[str] = set()
    last: defaultdict[str, int] = defaultdict(int)
    for entry in texts:
        said = ledger.said.get(entry.id)
        if said is None or (said.conv, said.sender, said.body) != (conv, entry.sender, entry.body):
            found.append(Anomaly("phantom", f"nobody said what is at {entry.seq}: {entry.body}"))
            continue
        if entry.id in seen:
            found.append(Anomaly("doubled", f"{said.body} is stored again at {entry.seq}"))
        elif said.number <= last[said.sender]:
            found.append(Anomaly("reordered", f"{said.body} comes after number {last[said.sender]} of its sender"))
        seen.add(entry.id)
        last[said.sender] = max(last[said.sender], said.number)
    return found


def _screen(name: str, entries: Sequence[Shown], screen: Mapping[int, Shown]) -> list[Anomaly]:
    found = []
    for entry in entries:
        shown = screen.get(entry.seq)
        if shown is None:
            found.append(Anomaly("unseen", f"{name} does not show what is at {entry.seq}: {entry.body}"))
        elif shown != entry:
            found.append(Anomaly("reordered", f"{name} shows at {entry.seq} {shown.body}, stored is {entry.body}"))
    stored = {entry.seq for entry in entries}
    phantoms = [screen[seq] for seq in sorted(screen.keys() - stored)]
    return found + [Anomaly("phantom", f"{name} shows at {it.seq} what is not stored: {it.body}") for it in phantoms]


def _lost(ledger: Ledger, history: History) -> list[Anomaly]:
    places = {entry.id: entry.seq for entries in history.values() for entry in entries}
    return [
        Anomaly("lost", f"{ledger.said[key].body} was acknowledged at {seq}, and is stored at {places.get(key)}")
        for key, seq in ledger.acked.items()
        if places.get(key) != seq
    ]
