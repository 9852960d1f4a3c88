"""A small SMTP server on loopback that does what a test scripts, for the faults that no real server shows on demand."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

STALL = "stall"
DROP = "drop"
SLOW = "slow"
SLOW_S = 0.2

_POSITIVE = {
    "CONNECT": "220 ready",
    "STARTTLS": "220 go on",
    "AUTH": "235 known",
    "DATA": "354 go on",
    "BODY": "250 taken",
    "QUIT": "221 bye",
}


@dataclass(frozen=True)
class Received:
    """A mail that the server took, and whether it came over TLS."""

    sender: str
    recipient: str
    data: bytes
    over_tls: bool


class ScriptedSmtp:
    """Answers each step by `script`, a reply line, STALL, DROP or SLOW (positive, SLOW_S late), and else positively.

    Steps are CONNECT, BODY (the end of the data) and the verbs of RFC 5321. A BODY that is dropped or stalled has been
    taken: only its reply is lost. `commands` holds every line that came in.
    """

    def __init__(self, *extensions: str, tls: ssl.SSLContext | None = None) -> None:
        self.script: dict[str, str] = {}
        self.received: list[Received] = []
        self.commands: list[str] = []
        self.port = 0
        self._extensions, self._tls = extensions, tls
        self._ending = asyncio.Event()
        self._talks: set[asyncio.Task] = set()

    @asynccontextmanager
    async def serving(self, *, implicit_tls: bool = False) -> AsyncIterator["ScriptedSmtp"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self._tls if implicit_tls else None)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        self._ending.set()
        await asyncio.gather(*self._talks)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            if await self._reply(writer, "CONNECT"):
                await self._converse(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        envelope = {"MAIL": "", "RCPT": ""}
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.commands.append(line)
            verb = line.split(" ")[0].upper()
            if verb in envelope:
                envelope[verb] = line
            if not await self._reply(writer, verb) or verb == "QUIT":
                return
            if verb == "STARTTLS" and self._tls and verb not in self.script:
                await writer.start_tls(self._tls)
            if (
                verb == "DATA"
                and self.script.get(verb, SLOW) == SLOW
                and not await self._take(reader, writer, envelope)
            ):
                return

    async def _take(self, reader, writer, envelope) -> bool:
        data = await reader.readuntil(b"\r\n.\r\n")
        if not self.script.get("BODY", "2").startswith(("4", "5")):
            over_tls = writer.get_extra_info("ssl_object") is not None
            self.received.append(Received(envelope["MAIL"], envelope["RCPT"], data[:-3], over_tls))
        return await self._reply(writer, "BODY")

    async def _reply(self, writer: asyncio.StreamWriter, step: str) -> bool:
        reply = self.script.get(step) or _POSITIVE.get(step, "250 fine")
        if reply == STALL:
            await self._ending.wait()
        if reply in (STALL, DROP):
            return False
        if reply == SLOW:
            await _passed(self._ending, SLOW_S)
            reply = _POSITIVE.get(step, "250 fine")
        lines = ["250-here", *(f"250-{it}" for it in self._extensions), "250 fine"] if reply == "250 fine" else [reply]
        writer.write("".join(f"{it}\r\n" for it in (lines if step == "EHLO" else lines[-1:])).encode())
        await writer.drain()
        return True


async def _passed(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
