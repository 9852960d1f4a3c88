/** Which connections a call asks this tab for. */
import { expect, test } from 'vitest'
import { edgesOf } from '../src/features/calls/edges'
import type { Snapshot } from '../src/protocol'
import { at, CALL, OTHER_PARTY, PARTY, SELF, snapshot, trio } from './support/calls'
import { Dice } from './support/random'
import { BOB, EVE, id, ME } from './support/samples'

test('one edge to each who has joined: the earlier joiner creates, under a key that both numbers make', () => {
  const [toBob, toEve] = edgesOf(trio(), SELF)
  expect(toBob).toEqual({ key: `${BOB}:2:1`, peer: BOB, creates: false, idempotencyKey: `${CALL}:2:1`, prepared: 's-1' })
  expect(toEve).toMatchObject({ peer: EVE, creates: true, idempotencyKey: `${CALL}:2:3`, prepared: null })
})

test('who has not joined, or with another tab, or in a call that is over, has none', () => {
  expect(edgesOf(snapshot(), SELF)).toEqual([])
  expect(edgesOf(trio(), { me: ME, party: OTHER_PARTY })).toEqual([])
  expect(edgesOf(trio({ state: 'ended' }), SELF)).toEqual([])
  expect(edgesOf(trio(), { me: id(0xaa), party: PARTY })).toEqual([])
})

test('who joins anew gets a new edge, and not the session that was prepared for the first answer', () => {
  const before = edgesOf(trio(), SELF)
  const after = edgesOf(trio({ members: [at(BOB, 'joined', 4, OTHER_PARTY), at(ME, 'joined', 2)] }), SELF)
  expect(after[0]?.key).not.toBe(before[0]?.key)
  expect(after[0]).toMatchObject({ creates: true, prepared: null })
})

test('of any two joined members exactly one creates, both know the same key pair and the same prepared session', () => {
  const dice = new Dice(6)
  const users = Array.from({ length: 6 }, (_, index) => id(0x100 + index))
  for (let round = 0; round < 60; round++) {
    const numbers = dice.shuffled([1, 2, 3, 4, 5, 6])
    const members = users.map((user, index) => (dice.chance(0.7) ? at(user, 'joined', numbers[index], user) : at(user, 'left')))
    const call: Snapshot = snapshot({ state: 'active', session: 's-1', members })
    const plans = users.flatMap((user) => edgesOf(call, { me: user, party: user }).map((plan) => ({ ...plan, me: user })))
    for (const plan of plans) {
      const mirrored = plans.filter((one) => one.me === plan.peer && one.peer === plan.me)
      expect(mirrored).toHaveLength(1)
      expect([mirrored[0]?.creates, mirrored[0]?.prepared]).toEqual([!plan.creates, plan.prepared])
    }
  }
})
