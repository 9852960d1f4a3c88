/** Offers and answers: who wins, who answers, what a reload and a restart do, in every order that chance finds. */
import { describe, expect, test } from 'vitest'
import * as negotiation from '../src/features/calls/negotiation'
import { answered, begin, nextStep, offered, outrun, resumed, restartDue, sameOrigin, sortCandidates, wants, type Negotiation } from '../src/features/calls/negotiation'
import { Failure } from '../src/http'
import type { CandidateBody } from '../src/protocol'
import { SessionServer } from './support/calls'
import { Dice } from './support/random'

const ANN = 'ann@example.org'
const BOB = 'bob@example.org'

describe('one step at a time', () => {
  test('who creates the session offers over nothing; who waits does nothing', () => {
    const empty = new SessionServer().read()
    expect(nextStep(begin(true), empty, ANN)).toEqual({ do: 'offer', restart: false, over: 0 })
    expect(nextStep(begin(false), empty, BOB)).toEqual({ do: 'nothing' })
  })

  test('an offer is answered once, and its answer applied once', () => {
    const server = new SessionServer()
    const ann = offered(begin(true), server.offer(ANN, 'o', 0).sync.offer_rev)
    expect(nextStep(ann, server.read(), ANN)).toEqual({ do: 'nothing' })
    expect(nextStep(begin(false), server.read(), BOB)).toEqual({ do: 'answer', sdp: 'o', offer: 1 })
    const document = server.answer(BOB, 'a', 1)
    expect(nextStep(answered(begin(false), 1), document, BOB)).toEqual({ do: 'nothing' })
    expect(nextStep(ann, document, ANN)).toEqual({ do: 'apply-answer', sdp: 'a', offer: 1 })
    expect(nextStep(answered(ann, 1), document, ANN)).toEqual({ do: 'nothing' })
  })

  test('a stale answer, to an offer before the present one, is not applied', () => {
    const server = new SessionServer()
    server.offer(ANN, 'o', 0)
    server.answer(BOB, 'a', 1)
    const ann = offered(begin(true), server.offer(ANN, 'o2', 1).sync.offer_rev)
    expect(nextStep(ann, server.read(), ANN)).toEqual({ do: 'nothing' })
  })

  test('who was outrun answers the other offer, and makes none of its own', () => {
    const server = new SessionServer()
    server.offer(BOB, 'theirs', 0)
    const ann = outrun(begin(true))
    expect(nextStep(ann, server.read(), ANN)).toEqual({ do: 'answer', sdp: 'theirs', offer: 1 })
    expect(nextStep(answered(ann, 1), server.read(), ANN)).toEqual({ do: 'nothing' })
  })

  test('an offer that came over our own, unanswered one is answered', () => {
    const server = new SessionServer()
    const ann = offered(begin(true), server.offer(ANN, 'o', 0).sync.offer_rev)
    server.offer(BOB, 'theirs', 1)
    expect(nextStep(ann, server.read(), ANN)).toEqual({ do: 'answer', sdp: 'theirs', offer: 2 })
  })

  test('a wish for a restart is not weakened, and waits for the own offer that is under way', () => {
    const wished = wants(wants(begin(false), true), false)
    expect(wished.wanted).toBe('restart')
    const busy = wants(offered(begin(true), 1), true)
    expect(nextStep(busy, new SessionServer().read(), ANN)).toEqual({ do: 'nothing' })
    expect(nextStep(negotiation.givenUp(busy), new SessionServer().read(), ANN)).toEqual({ do: 'offer', restart: true, over: 1 })
  })
})

describe('after a reload', () => {
  test('what is answered is history: we offer over it', () => {
    const server = new SessionServer()
    server.offer(BOB, 'o', 0)
    const document = server.answer(ANN, 'a', 1)
    expect(nextStep(resumed(document, ANN), document, ANN)).toEqual({ do: 'offer', restart: false, over: 1 })
  })

  test('an offer of the other side that waits is answered', () => {
    const server = new SessionServer()
    const document = server.offer(BOB, 'o', 0)
    expect(nextStep(resumed(document, ANN), document, ANN)).toEqual({ do: 'answer', sdp: 'o', offer: 1 })
  })

  test('an own offer of before that waits is made anew', () => {
    const server = new SessionServer()
    const document = server.offer(ANN, 'o', 0)
    expect(nextStep(resumed(document, ANN), document, ANN)).toEqual({ do: 'offer', restart: false, over: 1 })
  })
})

/** One side that does what it is told, in three moments as in a browser: reads, makes a description, puts it. */
class Side {
  /** The number of the offer whose description and answer are both in force here. */
  agreed = 0
  private move: (() => void) | null = null

  constructor(
    readonly me: string,
    public state: Negotiation,
    private readonly server: SessionServer,
  ) {}

  /** Whether it has nothing more to do. */
  get idle(): boolean {
    return this.move === null && nextStep(this.state, this.server.read(), this.me).do === 'nothing'
  }

  turn(): void {
    const { move } = this
    this.move = null
    if (move) move()
    else this.decide()
  }

  private decide(): void {
    const step = nextStep(this.state, this.server.read(), this.me)
    if (step.do === 'offer') this.move = () => this.trying(() => (this.state = offered(this.state, this.server.offer(this.me, `o-${this.me}`, step.over).sync.offer_rev)))
    if (step.do === 'answer') {
      this.state = answered(this.state, step.offer)
      this.agreed = step.offer
      this.move = () => this.trying(() => this.server.answer(this.me, `a-${this.me}`, step.offer))
    }
    if (step.do === 'apply-answer') {
      this.state = answered(this.state, step.offer)
      this.agreed = step.offer
    }
  }

  private trying(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.status === 412) this.state = outrun(this.state)
    }
  }
}

test('whatever the order of both sides, they agree on one offer and rest', () => {
  const dice = new Dice(41)
  for (let round = 0; round < 300; round++) {
    const server = new SessionServer()
    const sides = [new Side(ANN, begin(true), server), new Side(BOB, begin(dice.chance(0.5)), server)] as const
    for (let turns = 0, wishes = 0; turns < 200 && !(sides.every(({ idle }) => idle) && wishes > 3); turns++) {
      const side = dice.chance(0.5) ? sides[0] : sides[1]
      if (wishes <= 3 && dice.chance(0.2)) {
        wishes++
        side.state = wants(side.state, dice.chance(0.5))
      }
      side.turn()
    }
    const { offer_rev: last, answer_to: answeredOffer } = server.document.sync
    expect(sides.map(({ agreed, idle }) => [agreed, idle])).toEqual([
      [last, true],
      [last, true],
    ])
    expect(answeredOffer).toBe(last)
  }
})

const candidate = (usernameFragment: string | null, index = 0): CandidateBody => ({ from: BOB, candidate: 'candidate:1', sdpMid: '0', usernameFragment, index })

test('candidates of another generation wait for their description; without a fragment they belong to the present one', () => {
  const all = [candidate('new', 0), candidate('old', 1), candidate(null, 2)]
  expect(sortCandidates(all, null)).toEqual({ now: [], later: all })
  const { now, later } = sortCandidates(all, 'v=0\r\na=ice-ufrag:new\r\n')
  expect([now.map(({ index }) => index), later.map(({ index }) => index)]).toEqual([[0, 2], [1]])
})

test('another connection of the other side is known by the origin of its description, not by its version', () => {
  expect(sameOrigin('v=0\r\no=- 77 1 IN IP4 127.0.0.1\r\n', 'v=0\r\no=- 77 2 IN IP4 127.0.0.1\r\n')).toBe(true)
  expect(sameOrigin('v=0\r\no=- 77 2 IN IP4 127.0.0.1\r\n', 'v=0\r\no=- 78 2 IN IP4 127.0.0.1\r\n')).toBe(false)
})

test.each([
  ['failed', 1000, -Infinity, 1001, true],
  ['disconnected', 1000, -Infinity, 3999, false],
  ['disconnected', 1000, -Infinity, 4000, true],
  ['checking', 1000, 4000, 11_999, false],
  ['checking', 1000, 4000, 12_000, true],
  ['connected', null, -Infinity, 99_000, false],
] as const)('ICE is restarted when lost for long or failed, and not again before it had its chance: %s', (ice, since, last, now, due) => {
  expect(restartDue(ice, since, last, now)).toBe(due)
})
