"""Commands on the calls of one conversation in their shortest form, and time that passes when a test says so."""

from parley.chat_service.calls.commands import Accept, Invite

NOW = 1_760_000_000.0


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def invite(call="x", user="ann", others=("bob",), conv="c", **more):
    known = {"party": f"{user}1", "claim": f"{user}-claim", "media": "video", "busy": frozenset(), "after": (1, 7)}
    return Invite(id=call, conv=conv, user=user, others=others, **known | more)


def accept(call="x", user="bob", party="bob1"):
    return Accept(call, user, party, f"{party}-claim")


def standing(call):
    return {it.user: it.st for it in call.members}


async def passing(calls, clock, seconds):
    """Everything that is told while so many seconds pass, looked at each second."""
    told = []
    for _ in range(round(seconds)):
        clock.now += 1
        for outcome in await calls.look():
            told += outcome.told
    return told
