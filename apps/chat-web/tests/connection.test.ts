/** The rules of connecting: each transition, each closing code, and how long to wait. */
import { expect, test } from 'vitest'
import { backoff, begin, SILENCE_MS, step, type Connection, type ConnectionEvent } from '../src/connection'
import { Dice } from './support/random'

const at = (now: number, random = 0.5) => ({ now, random })
const connecting: Connection = { phase: 'connecting', attempt: 3, since: 100 }
const greeting: Connection = { phase: 'greeting', attempt: 3, heard: 100 }
const live: Connection = { phase: 'live', attempt: 0, synced: true, heard: 100 }
const waiting: Connection = { phase: 'waiting', attempt: 3, until: 5000, asked: false }
const stopped: Connection = { phase: 'stopped', reason: 'elsewhere' }
const ALL = [connecting, greeting, live, waiting, stopped]

test('it begins by opening', () => {
  expect(begin(7)).toEqual([{ phase: 'connecting', attempt: 0, since: 7 }, ['open']])
})

test('an open connection is greeted, and a greeted one is live until it is synced', () => {
  expect(step(connecting, { type: 'opened' }, at(200))).toEqual([{ ...greeting, heard: 200 }, ['greet']])
  const [greeted] = step(greeting, { type: 'greeted' }, at(300))
  expect(greeted).toEqual({ phase: 'live', attempt: 3, synced: false, heard: 300 })
  expect(step(greeted, { type: 'synced' }, at(400))[0]).toMatchObject({ synced: true, attempt: 0 })
})

test('an event that does not belong to a phase changes nothing', () => {
  const belongs: Partial<Record<ConnectionEvent['type'], Connection[]>> = {
    opened: [connecting],
    greeted: [greeting],
    heard: [greeting, live],
    synced: [live],
    awake: [waiting],
    retry: [waiting],
    'take-over': [stopped],
  }
  for (const [type, phases] of Object.entries(belongs))
    for (const state of ALL.filter((one) => !phases.includes(one))) expect(step(state, { type } as ConnectionEvent, at(200))).toEqual([state, []])
})

test.each([1005, 1006, 1011, 4408, 4413])('after %d the wait is a random share of the backoff', (code) => {
  expect(step(live, { type: 'closed', code }, at(1000, 0.5))).toEqual([{ phase: 'waiting', attempt: 1, until: 1250, asked: false }, []])
})

test.each([1001, 1012])('after bye and %d the wait is what bye said, and a network change does not cut it short', (code) => {
  const [told] = step(live, { type: 'bye', reconnectMs: 7000 }, at(900))
  const [next] = step(told, { type: 'closed', code }, at(1000))
  expect(next).toEqual({ phase: 'waiting', attempt: 0, until: 8000, asked: true })
  expect(step(next, { type: 'awake' }, at(1100))).toEqual([next, []])
  expect(step(next, { type: 'retry' }, at(1100))[1]).toEqual(['open'])
})

test.each([1001, 1012])('%d without bye is a cut like any other', (code) => {
  expect(step(live, { type: 'closed', code }, at(1000, 0))[0]).toMatchObject({ phase: 'waiting', until: 1000, asked: false })
})

test.each([
  [4400, 'outdated', []],
  [4406, 'outdated', []],
  [4401, 'signed-out', ['sign-in']],
  [4409, 'elsewhere', []],
] as const)('%d stops: %s', (code, reason, effects) => {
  for (const state of [connecting, greeting, live]) {
    const [next, done] = step(state, { type: 'closed', code }, at(1000))
    expect([next, done]).toEqual([{ phase: 'stopped', reason }, effects])
    expect(step(next, { type: 'tick' }, at(1e9))).toEqual([next, []])
    expect(step(next, { type: 'retry' }, at(1e9))).toEqual([next, []])
  }
})

test('only a tab that was replaced can take over, with a new name', () => {
  expect(step(stopped, { type: 'take-over' }, at(50))).toEqual([{ phase: 'connecting', attempt: 0, since: 50 }, ['new-party', 'open']])
  const signedOut: Connection = { phase: 'stopped', reason: 'signed-out' }
  expect(step(signedOut, { type: 'take-over' }, at(50))).toEqual([signedOut, []])
})

test.each([
  [undefined, 30_000],
  [500, 30_000],
  [90_000, 90_000],
])('4429 with retry_after_ms %s waits %d ms, whatever happens to the network', (retryAfterMs, ms) => {
  const event = retryAfterMs === undefined ? {} : { retryAfterMs }
  const [next] = step(live, { type: 'closed', code: 4429, ...event }, at(1000))
  expect(next).toMatchObject({ phase: 'waiting', until: 1000 + ms, asked: true })
  expect(step(next, { type: 'awake' }, at(1001))).toEqual([next, []])
})

test('each further failure doubles the bound, up to 30 s, and any share of it is possible', () => {
  expect([0, 1, 2, 5, 6, 50].map((attempt) => backoff(attempt, 1))).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000])
  const dice = new Dice(1)
  for (let turn = 0; turn < 500; turn++) {
    const attempt = dice.below(40)
    const wait = backoff(attempt, dice.next())
    expect(wait).toBeGreaterThanOrEqual(0)
    expect(wait).toBeLessThan(Math.min(30_000, 500 * 2 ** attempt))
  }
  expect(backoff(3, 0)).toBe(0)
})

test('failures count until a connection is synced: a server that greets and breaks is not asked ever faster', () => {
  let state = begin(0)[0]
  const attempts: number[] = []
  for (let now = 0; now < 5; now++) {
    for (const event of [{ type: 'opened' }, { type: 'greeted' }, { type: 'closed', code: 1011 }] as const) [state] = step(state, event, at(now))
    attempts.push(state.phase === 'waiting' ? state.attempt : -1)
    ;[state] = step(state, { type: 'tick' }, at(1e6))
  }
  expect(attempts).toEqual([1, 2, 3, 4, 5])
})

test('a wait that is over opens again, and not before', () => {
  expect(step(waiting, { type: 'tick' }, at(4999))).toEqual([waiting, []])
  expect(step(waiting, { type: 'tick' }, at(5000))).toEqual([{ phase: 'connecting', attempt: 3, since: 5000 }, ['open']])
})

test('the network or the tab coming back opens at once and forgets the failures; the button remembers them', () => {
  expect(step(waiting, { type: 'awake' }, at(200))).toEqual([{ phase: 'connecting', attempt: 0, since: 200 }, ['open']])
  expect(step(waiting, { type: 'retry' }, at(200))).toEqual([{ phase: 'connecting', attempt: 3, since: 200 }, ['open']])
})

test.each([
  ['connecting', connecting, 4],
  ['greeting', greeting, 4],
  ['live', live, 1],
] as const)('40 s of silence while %s are a cut', (_, state, attempt) => {
  expect(step(state, { type: 'tick' }, at(100 + SILENCE_MS - 1))).toEqual([state, []])
  const [next, effects] = step(state, { type: 'tick' }, at(100 + SILENCE_MS))
  expect(effects).toEqual(['drop'])
  expect(next).toMatchObject({ phase: 'waiting', attempt })
})

test('any frame ends the silence', () => {
  const [heard] = step(live, { type: 'heard' }, at(30_000))
  expect(step(heard, { type: 'tick' }, at(100 + SILENCE_MS))).toEqual([heard, []])
})

test('whatever happens, a connection that was not stopped is tried again within 30 s of failing', () => {
  const dice = new Dice(2)
  const events: ConnectionEvent[] = [
    { type: 'opened' },
    { type: 'greeted' },
    { type: 'synced' },
    { type: 'heard' },
    { type: 'awake' },
    { type: 'retry' },
    { type: 'tick' },
    { type: 'closed', code: 1006 },
    { type: 'closed', code: 4408 },
  ]
  let [state] = begin(0)
  for (let now = 0; now < 20_000; now += dice.below(200)) {
    ;[state] = step(state, events[dice.below(events.length)] ?? { type: 'tick' }, { now, random: dice.next() })
    expect(state.phase).not.toBe('stopped')
    if (state.phase === 'waiting') expect(state.until - now).toBeLessThanOrEqual(30_000)
  }
})
