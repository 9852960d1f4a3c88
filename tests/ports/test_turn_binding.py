"""Whether somebody speaks STUN at a port: asked again until the answer to our own request is there."""

import asyncio

from parley.turn.binding import answers

REQUEST, ANSWER = b"\x00\x01\x00\x00", b"\x01\x01\x00\x00"


class Server(asyncio.DatagramProtocol):
    """Answers each request with what the next of `replies` makes of it, and then with the last of them."""

    def __init__(self, *replies) -> None:
        self._replies, self.asked = list(replies), []

    def connection_made(self, transport) -> None:
        self._transport = transport

    def datagram_received(self, data, addr) -> None:
        self.asked.append(data)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        for packet in reply(data):
            self._transport.sendto(packet, addr)


def silence(request):
    return []


def answer(request):
    return [ANSWER + request[4:20]]


def answer_to_another(request):
    return [ANSWER + request[4:19] + bytes([request[19] ^ 1])]


def error(request):
    return [b"\x01\x11\x00\x00" + request[4:20]]


def echo(request):
    return [request, b"", ANSWER]


async def asked(*replies) -> Server:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Server(*replies), local_addr=("127.0.0.1", 0))
    try:
        async with asyncio.timeout(20):
            await answers(*transport.get_extra_info("sockname"))
    finally:
        transport.close()
    return server


async def test_an_answer_is_enough():
    """One request of 20 bytes with the cookie of RFC 8489, and the answer to it."""
    (request,) = (await asked(answer)).asked
    assert request[:8] == REQUEST + b"\x21\x12\xa4\x42"
    assert len(request) == 20


async def test_a_lost_request_is_sent_again():
    """Until there is an answer the same request is sent again."""
    server = await asked(silence, silence, answer)
    assert len(server.asked) == 3
    assert len(set(server.asked)) == 1


async def test_only_the_answer_to_our_request_counts():
    """Errors, echoes and answers to other requests do not."""
    assert len((await asked(answer_to_another, error, echo, answer)).asked) == 4


async def test_an_answer_that_comes_twice_is_one():
    """A second answer does no harm."""
    assert len((await asked(lambda request: answer(request) * 2)).asked) == 1
