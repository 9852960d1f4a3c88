"""Every history of a small cluster that rotates its TURN secrets by the real rules: a search through all its states.

Relays, minters and operators act in any order and as late as they like; operators crash, race and have clocks that
differ; pods are replaced. A state is plain tuples with small numbers for rings, and relays (and minters) that could be
swapped are kept in order, since they are alike. What has to hold is asked in each state.
"""

from collections import deque
from collections.abc import Iterator

from support.ring_world import (
    GONE,
    IDLE,
    LEASED,
    LIVE,
    NOW,
    READ,
    SKEW,
    TTL,
    State,
    View,
    World,
    minter_ack,
    older,
    put,
    put_pod,
    relay_ack,
    timeless,
    view,
)

from parley_operator.ring.decide import Seen, Step, decide, first_ring
from parley_operator.ring.model import Ack, Fresh, Phase, Ring, Spec


class Found(Exception):
    """A state that must not be, and how one gets there."""


class Search:
    """One search; `run` returns how many states there are."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rings: list[Ring] = []
        self._ring_numbers: dict[Ring, int] = {}
        self._histories: list[tuple[View, ...]] = []
        self._history_numbers: dict[tuple[View, ...], int] = {}
        self._aged: dict[int, int] = {}
        self._decided: dict[tuple, int | None] = {}
        self.phases: set[str] = set()
        self.outcomes: set[str] = set()

    def run(self) -> int:
        """Look at every state. Raises Found with the shortest way to one that must not be."""
        first = self._first()
        came: dict[State, tuple[State | None, str]] = {first: (None, "")}
        todo = deque([first])
        while todo:
            state = todo.popleft()
            for deed, reached in self._steps(state):
                settled = self._settled(reached)
                if settled in came:
                    continue
                came[settled] = (state, deed)
                broken = self._broken(settled)
                if broken:
                    raise Found(f"{broken}: {' > '.join(_way(came, settled))}")
                assert len(came) < self.world.limit, "the model has more states than expected"
                todo.append(settled)
        return len(came)

    def _first(self) -> State:
        spec = Spec(uid="u", ttl_s=TTL, clock_skew_s=SKEW)
        ring = first_ring(spec, NOW, Fresh("old", "old"))
        relays = ((LIVE, 1, 1, 1, 1),) * self.world.relays
        minters = ((LIVE, 1, 1),) * self.world.minters
        begun = State(
            self._number(ring),
            self._past((view(ring),)),
            relays,
            minters,
            (IDLE,) * self.world.operators,
            (),
            self.world.replaced,
            1,
        )
        return self._settled(begun)

    def _settled(self, state: State) -> State:
        """With the credentials that are being minted, and in the order of likeness."""
        left = dict(state.left)
        for kid in self._signing(state):
            left[kid] = TTL
        operators = tuple(IDLE if self._is_late(it, state.ring) else it for it in state.operators)
        return state._replace(
            operators=operators,
            relays=tuple(sorted(state.relays)),
            minters=tuple(sorted(state.minters)),
            left=tuple(sorted((kid, it) for kid, it in left.items() if it)),
        )

    def _is_late(self, operator: tuple, ring: int) -> bool:
        """Whether all that this operator can do yet is to fail in the compare-and-set, and begin anew."""
        return self.world.compares and operator != IDLE and operator[1] != ring

    def _signing(self, state: State) -> set[str]:
        views = self._histories[state.history]
        return {views[it[1] - 1].signing for it in state.minters if it[0] == LIVE}

    def _broken(self, state: State) -> str:
        """What must not be, or nothing."""
        views = self._histories[state.history]
        for kid, _ in state.left:
            for relay in state.relays:
                if relay[0] == LIVE and kid not in views[relay[2] - 1].accepted:
                    return f"a credential of {kid} holds and a relay does not accept it"
        ring = self._rings[state.ring]
        wrong = [it for it in state.relays if it[0] == LIVE and not views[it[2] - 1].accepted <= views[-1].accepted]
        if ring.phase is Phase.IDLE and wrong:
            return "a rotation is over and a relay accepts what was retired"
        made = {kid for view in views for kid in view.accepted} - {"old"}
        return f"{len(made)} keys were generated for {state.wish} rotations" if len(made) > state.wish else ""

    def _steps(self, state: State) -> Iterator[tuple[str, State]]:
        yield from self._relay_steps(state)
        yield from self._minter_steps(state)
        for who in range(self.world.operators):
            yield from self._operator_steps(state, who)
        yield from self._clock(state)
        if state.wish < self.world.wishes:
            yield "another rotation is wanted", state._replace(wish=state.wish + 1)

    def _clock(self, state: State) -> Iterator[tuple[str, State]]:
        signing = self._signing(state)
        left = tuple((kid, it if kid in signing else it - 1) for kid, it in state.left)
        operators = tuple(self._operator_aged(it) for it in state.operators)
        yield "time passes", state._replace(ring=self._older(state.ring), left=left, operators=operators)

    def _operator_aged(self, operator: tuple) -> tuple:
        return (
            operator
            if operator[:1] == ("list",)
            else tuple(self._older(it) if type(it) is int else it for it in operator)
        )

    def _relay_steps(self, state: State) -> Iterator[tuple[str, State]]:
        newest = self._rings[state.ring].revision
        for at, (mode, *has) in enumerate(state.relays):
            for deed, pod in self._pod_steps(mode, has, newest, state.replaceable):
                yield f"relay {deed}", put_pod(state, "relays", at, pod, (LIVE, pod[1], pod[1], 0, 0))
            if mode != LIVE:
                continue
            written, effect, acked, seen = has
            for revision in range(written + 1, newest + 1):
                yield f"relay writes {revision}", put(state, "relays", at, (LIVE, revision, effect, acked, seen))
            if effect != written:
                yield "relay takes effect", put(state, "relays", at, (LIVE, written, written, acked, seen))
            if (acked, seen) != (written, effect):
                yield "relay acknowledges", put(state, "relays", at, (LIVE, written, effect, written, effect))

    def _minter_steps(self, state: State) -> Iterator[tuple[str, State]]:
        newest = self._rings[state.ring].revision
        for at, (mode, *has) in enumerate(state.minters):
            for deed, pod in self._pod_steps(mode, has, newest, state.replaceable):
                yield f"minter {deed}", put_pod(state, "minters", at, pod, (LIVE, pod[1], 0))
            if mode != LIVE:
                continue
            applied, acked = has
            for revision in range(applied + 1, newest + 1):
                yield f"minter applies {revision}", put(state, "minters", at, (LIVE, revision, acked))
            if acked != applied:
                yield "minter acknowledges", put(state, "minters", at, (LIVE, applied, applied))

    def _pod_steps(self, mode: int, has: list[int], newest: int, replaceable: int) -> Iterator[tuple[str, tuple]]:
        """The life of a pod up to its work; what is yielded for that has its revision in second place."""
        early, late = (READ, LEASED) if self.world.reads_before_lease else (LEASED, READ)
        if mode == LIVE and replaceable:
            yield "is gone", (GONE, 0)
        elif mode == GONE:
            yield "is there", (early, newest if early == READ else 0)
        elif mode == early:
            yield "goes on", (late, newest if late == READ else has[0])
        elif mode == late:
            yield "begins", (LIVE, has[0])

    def _operator_steps(self, state: State, who: int) -> Iterator[tuple[str, State]]:
        has = state.operators[who]
        if has == IDLE:
            yield f"operator {who} reads", put(state, "operators", who, ("read", state.ring))
            return
        yield f"operator {who} crashes", put(state, "operators", who, IDLE)
        if has[0] == "write":
            yield f"operator {who} writes", self._stored(state, who, has)
            return
        read, listed = has[1], (state.history, state.relays, state.minters)
        for missed in self._missed(state):
            for abort in (False, True) if self.world.can_abort else (False,):
                wanted = self._decision((read, listed, missed, who, state.wish, abort))
                following = IDLE if wanted is None else ("write", read, wanted)
                yield f"operator {who} decides", put(state, "operators", who, following)

    def _missed(self, state: State) -> range:
        """Which pod an operator does not see, by its place in the list; -1 is none."""
        return range(-1, -1 if self.world.lists_all else len(state.relays + state.minters)) or range(-1, 0)

    def _stored(self, state: State, who: int, has: tuple) -> State:
        idle = put(state, "operators", who, IDLE)
        if self.world.compares and has[1] != state.ring:
            return idle
        ring = self._rings[has[2]]
        self.phases.add(ring.phase)
        self.outcomes.add(ring.last.result if ring.last else "")
        views = self._histories[state.history][: ring.revision - 1]
        return idle._replace(ring=has[2], history=self._past((*views, view(ring))))

    def _acks(self, history: int, relays: tuple, minters: tuple) -> list[Ack]:
        views = self._histories[history]
        leased = (LIVE, LEASED) if self.world.reads_before_lease else (LIVE, LEASED, READ)
        seen = [relay_ack(views, it) for it in relays if it[0] in leased]
        return seen + [minter_ack(views, it) for it in minters if it[0] in leased]

    def _decision(self, asked: tuple[int, tuple, int, int, int, bool]) -> int | None:
        if asked not in self._decided:
            read, listed, missed, who, wish, is_aborted = asked
            ring = self._rings[read]
            abort = ring.rotation.id if is_aborted and ring.rotation else ""
            spec = Spec(uid="u", ttl_s=TTL, clock_skew_s=SKEW, triggers=(str(wish),), abort=abort)
            acks = [it for at, it in enumerate(self._acks(*listed)) if at != missed]
            fresh = Fresh(f"{who}-{ring.revision}", f"{who}-{ring.revision}")
            decision = decide(Seen(ring=ring, acks=acks, spec=spec, now_s=NOW + SKEW * who, fresh=fresh))
            self._decided[asked] = self._number(decision.ring) if isinstance(decision, Step) else None
        return self._decided[asked]

    def _older(self, ring: int) -> int:
        if ring not in self._aged:
            self._aged[ring] = self._number(older(self._rings[ring]))
        return self._aged[ring]

    def _number(self, ring: Ring) -> int:
        ring = timeless(ring, keeps_since=self.world.keeps_since)
        if ring not in self._ring_numbers:
            self._ring_numbers[ring] = len(self._rings)
            self._rings.append(ring)
        return self._ring_numbers[ring]

    def _past(self, views: tuple[View, ...]) -> int:
        if views not in self._history_numbers:
            self._history_numbers[views] = len(self._histories)
            self._histories.append(views)
        return self._history_numbers[views]


def _way(came: dict[State, tuple[State | None, str]], last: State) -> list[str]:
    way = []
    state: State | None = last
    while state is not None:
        state, deed = came[state]
        way.append(deed)
    return [deed for deed in reversed(way) if deed]
