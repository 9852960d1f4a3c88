/** Calls from the start of the page: what rings, what the caller is told, what is kept. */
import { expect, test, vi } from 'vitest'
import { Calls } from '../src/features/calls/calls'
import { accountOf, amended, obstacleOf } from '../src/features/calls/desk'
import type { MeshEdge } from '../src/features/calls/mesh'
import { openPreferences } from '../src/features/settings/preferences'
import { at, CALL, SELF, snapshot, trio } from './support/calls'
import { BOB, CONV, ME, storeWith } from './support/samples'
import { HELLO_REPLY } from './support/socket'
import { MemoryShelf } from './support/shelf'

function parts() {
  const store = storeWith()
  const notify = vi.fn()
  const socket = { live: true, request: vi.fn(), notify }
  const calls = new Calls({ store, socket, self: () => SELF, preferences: openPreferences(new MemoryShelf()), page: null as unknown as Document })
  return { store, calls, notify }
}

test('a call that rings here is told to ring, and wants its views', () => {
  const { store, calls, notify } = parts()
  calls.pushed(snapshot())
  expect(notify).toHaveBeenCalledExactlyOnceWith('call.ringing', { conv: CONV, call: CALL })
  expect([calls.wanted.get(), store.get().calls.get(CONV)?.call]).toEqual([true, CALL])
})

test('a repetition of the ring is answered again, as long as nobody heard; an old one is not', () => {
  const { calls, notify } = parts()
  calls.pushed(snapshot())
  calls.pushed(snapshot())
  expect(notify).toHaveBeenCalledTimes(2)
  calls.pushed(snapshot({ rev: 11, members: [at(BOB, 'joined', 1), at(ME, 'ringing')] }))
  calls.pushed(snapshot({ rev: 9 }))
  expect(notify).toHaveBeenCalledTimes(2)
})

test('my own call elsewhere, and one that is over, ring for nobody', () => {
  const { calls, notify } = parts()
  calls.pushed(snapshot({ from: ME, members: [at(ME, 'joined', 1, BOB), at(BOB, 'invited')] }))
  calls.pushed(snapshot({ rev: 12, state: 'ended' }))
  expect([notify.mock.calls, calls.wanted.get()]).toEqual([[], false])
})

test('after a greeting what rings rings, and what is not named is over', () => {
  const { store, calls, notify } = parts()
  calls.greeted({ ...HELLO_REPLY, calls: [snapshot()] })
  expect(notify).toHaveBeenCalledOnce()
  calls.greeted({ ...HELLO_REPLY, calls: [] })
  expect(store.get().calls.get(CONV)?.state).toBe('ended')
})

test.each([
  ['/problems/answered-elsewhere', 'elsewhere'],
  ['/problems/call-full', 'full'],
  ['/problems/call-ended', 'over'],
  ['/problems/busy', 'busy'],
  ['/problems/rate-limited', 'tooMany'],
  ['/problems/unavailable', 'failed'],
])('a refusal has its sentence: %s', (type, obstacle) => {
  expect(obstacleOf(type)).toBe(obstacle)
})

test('the account of a call: duration from its beginning, the way it went, all reconnects', () => {
  const edge = (reconnects: number) => ({ life: { joinedAt: 0, connectedAt: 700, lostAt: null, reconnects }, quality: { path: 'relay-udp', grade: 'good', loss: 0, lossAll: 0.004, rtt: 9 } })
  const history = [edge(1), edge(2)].map((one) => ({ peer: BOB, edge: one }) as unknown as MeshEdge)
  const call = trio({ state: 'ended', reason: 'completed', by: at(BOB, 'left', 1) })
  const mine = { call: CALL, conv: CONV, media: 'video', since: 1000 } as const
  expect(accountOf(mine, history, call, ME, false, 6000)).toEqual({
    call: CALL,
    conv: CONV,
    media: 'video',
    ending: 'by-other',
    by: BOB,
    durationMs: 5000,
    path: 'relay-udp',
    setUpMs: 700,
    reconnects: 3,
    loss: 0.004,
  })
  expect(accountOf(mine, history, call, ME, true, 6000)).toMatchObject({ ending: 'by-me' })
})

test('who ended it is added when that is told after the end itself', () => {
  const mine = { call: CALL, conv: CONV, media: 'video', since: 1000 } as const
  const recorded = trio({ state: 'ended', reason: 'completed' })
  const account = accountOf(mine, [], recorded, ME, false, 6000)
  const told = trio({ state: 'ended', reason: 'completed', by: at(BOB, 'left', 1) })
  expect([account.by, amended(account, recorded, ME), amended(account, { ...told, call: CONV }, ME)]).toEqual([null, account, account])
  expect(amended(account, told, ME)).toEqual({ ...account, by: BOB })
  const own = accountOf(mine, [], recorded, ME, true, 6000)
  expect(amended(own, told, ME)).toBe(own)
})

test('a call that nobody answered has a reason and no numbers', () => {
  const call = snapshot({ state: 'ended', reason: 'declined', from: ME, members: [at(ME, 'left', 1), at(BOB, 'declined')] })
  expect(accountOf({ call: CALL, conv: CONV, media: 'audio', since: null }, [], call, ME, false, 9)).toMatchObject({ ending: 'declined', by: BOB, durationMs: null, setUpMs: null })
  expect(accountOf({ call: CALL, conv: CONV, media: 'audio', since: null }, [], call, ME, true, 9)).toMatchObject({ ending: 'cancelled', by: null })
})
