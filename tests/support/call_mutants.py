"""Mistakes that the rules of calls, or the steps around them, could have: each is one text put in place of another."""

from types import ModuleType
from typing import NamedTuple

from parley.chat_service.calls import rules
from parley.chat_service.service import calling, recording


class Mutant(NamedTuple):
    """`said` becomes `says` in the text of a module."""

    module: ModuleType
    said: str
    says: str


MUTANTS = {
    "a second window joins too": Mutant(
        rules, "        raise AnsweredElsewhere\n    if isinstance", "        pass\n    if isinstance"
    ),
    "a late invitation begins again": Mutant(rules, "if any(call.begun_by(it.id) for call in line.over):", "if False:"),
    "a joined invitation is forgotten": Mutant(
        rules, "merged = call.merging(it.id) if isinstance", "merged = call.merged if isinstance"
    ),
    "an invitation brings back who has left": Mutant(
        rules, "if isinstance(it, Invite) and call.begun_by(it.id):", "if False:"
    ),
    "a decline ends an answered call": Mutant(
        rules,
        "        raise AnsweredElsewhere\n    if found is None or not found.is_pending:",
        "        pass\n    if found is None:",
    ),
    "one alone goes on": Mutant(rules, "call.joined + call.pending >= 2:", "call.joined + call.pending >= 1:"),
    "two pending and nobody there": Mutant(rules, "if call.joined and call.joined", "if call.joined"),
    "revisions stand still": Mutant(rules, "rev = max(line.rev + 1, now_ms)", "rev = now_ms"),
    "revisions begin anew": Mutant(
        rules, "return replace(line, rev=rev, live=None", "return replace(line, rev=0, live=None"
    ),
    "nobody is missed": Mutant(rules, "if member.is_pending and now_ms >= call.rings_until_ms:", "if False:"),
    "nobody falls silent": Mutant(rules, 'if member.st == "joined" and now_ms >= member.until_ms:', "if False:"),
    "numbers come again": Mutant(rules, "it.party, call.joins + 1,", "it.party, call.joined + 1,"),
    "over is over, recorded or not": Mutant(rules, "if not it.is_recorded or now_ms <", "if now_ms <"),
    "nothing is told again": Mutant(rules, "if call is None or now_ms < call.tell_at_ms:", "if True:"),
    "an unrecorded call is not due": Mutant(
        rules, "times = [0 if not it.is_recorded else", "times = [1 << 60 if not it.is_recorded else"
    ),
    "a claim is kept after leaving": Mutant(
        rules, "freed = (_held(line) | offered) - _held(after)", "freed = offered - _held(after)"
    ),
    "a claim that was not needed is kept": Mutant(
        rules, "freed = (_held(line) | offered) - _held(after)", "freed = _held(line) - _held(after)"
    ),
    "a claim is freed though it is needed": Mutant(
        rules, "freed = (_held(line) | offered) - _held(after)", "freed = _held(line) | offered"
    ),
    "completed, though nobody has answered": Mutant(rules, "if call.active_ms:\n", "if call.joins:\n"),
    "joining without a claim": Mutant(calling, "if not await self._calls.claim(user, conv, claim):", "if False:"),
    "a refused claim is kept": Mutant(
        calling, "            await self._calls.release(user, claim)\n            raise", "            raise"
    ),
    "a claim is released too early": Mutant(
        calling,
        "            raise InAnotherCall\n",
        "            raise InAnotherCall\n        await self._calls.release(user, claim)\n",
    ),
    "claims are not prolonged": Mutant(
        calling, "is_held = await self._calls.claim(user, conv, claim)", "is_held = True"
    ),
    "only the caller is told": Mutant(
        calling,
        "for member in call.members:\n            await self._fanout",
        "for member in call.members[:1]:\n            await self._fanout",
    ),
    "nobody notes that a call is over": Mutant(calling, "await self._ended.add(call.id, *call.merged)", "pass"),
    "only who ended a call notes it": Mutant(
        calling,
        "for call in outcome.line.unrecorded:\n            # Before",
        "for call in (it.call for it in outcome.told if it.call.ended_ms):\n            # Before",
    ),
    "a call is told to be over while it rings": Mutant(
        calling,
        "for call in outcome.line.unrecorded:\n            # Before",
        "for call in outcome.line:\n            # Before",
    ),
    "recorded wherever the log ends": Mutant(
        recording, "Cursor(*call.after))", "Cursor(*await self.place(call.conv)))"
    ),
    "recorded before it is written": Mutant(
        recording,
        "        try:\n            await post",
        "        await self._calls.change(call.conv, Recorded(call.id))\n        try:\n            await post",
    ),
}


def mutated(mutant: Mutant) -> ModuleType:
    """The module with its mistake, beside the one without."""
    assert mutant.module.__file__
    with open(mutant.module.__file__) as file:
        text = file.read()
    assert text.count(mutant.said) == 1, f"{mutant.said!r} is there {text.count(mutant.said)} times"
    made = ModuleType(mutant.module.__name__)
    exec(compile(text.replace(mutant.said, mutant.says), mutant.module.__file__, "exec"), made.__dict__)  # noqa: S102 -- the text is ours
    return made
