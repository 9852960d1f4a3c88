/** Sending: exactly once, in order, through refusals, lost connections and reloads. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { putEntry, updateConversation, type AppStore } from '../src/app/state'
import { logOf } from '../src/features/messages/log'
import type { Outbox } from '../src/features/messages/outbox'
import { Sending } from '../src/features/messages/sending'
import { body, CONV, entries, entry, known, ME, OTHER, storeWith, sure, unsent } from './support/samples'
import { FakeWire, LogServer, problem, settle, UNREACHABLE } from './support/server'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const acknowledged = vi.fn()

function parts(outbox: Outbox = [], count = 4): { store: AppStore; wire: FakeWire; server: LogServer; sending: Sending } {
  const server = new LogServer(count)
  const last = server.entries.at(-1) ?? null
  const store = storeWith([body({ head: count, read: count, last }), body({ conv: OTHER, head: 0 })], outbox)
  const wire = new FakeWire()
  return { store, wire, server, sending: new Sending(store, wire, server, acknowledged) }
}

const box = (store: AppStore) => store.get().outbox
const ack = (seq: number, conv = CONV) => ({ conv, epoch: 1, seq, at: entry(seq).at })
const bodies = (wire: FakeWire) => wire.asked.map(({ d }) => d.body)

test('a message is on screen at once, and is sent with the cursor of that moment', () => {
  const { store, wire, sending } = parts()
  store.set((state) => updateConversation(state, CONV, (one) => ({ ...one, log: logOf({ epoch: 1, head: 3, items: entries(1, 3) }) })))
  sending.send(CONV, 'hello')
  expect(box(store)).toMatchObject([{ body: 'hello', after: [1, 3], state: 'sending', attempts: 1 }])
  expect(wire.last).toMatchObject({ t: 'msg.send', id: box(store)[0]?.id, d: { conv: CONV, after: [1, 3], kind: 'text', body: 'hello' } })
})

test('an acknowledgement puts the entry in its place, moves my own mark and empties the outbox', async () => {
  const { store, wire, sending } = parts()
  sending.send(CONV, 'hello')
  await wire.acknowledge(ack(5))
  expect(box(store)).toEqual([])
  expect(known(store)).toMatchObject({ head: 5, read: 5, last: { id: wire.last.id, body: 'hello', from: ME } })
  expect(acknowledged).toHaveBeenLastCalledWith(CONV)
})

test('one message of a conversation is on its way at a time, another conversation does not wait', async () => {
  const { wire, sending } = parts()
  sending.send(CONV, 'one')
  sending.send(CONV, 'two')
  sending.send(OTHER, 'else')
  expect(bodies(wire)).toEqual(['one', 'else'])
  await wire.acknowledge(ack(5), sure(wire.asked[0]))
  expect(bodies(wire)).toEqual(['one', 'else', 'two'])
})

test('after a lost connection the same frame is sent again', async () => {
  const { wire, sending } = parts()
  sending.send(CONV, 'hello')
  wire.live = false
  await wire.lose()
  expect(wire.asked).toHaveLength(1)
  wire.live = true
  sending.pump()
  const [first, again] = wire.asked
  expect([again?.id, again?.d]).toEqual([first?.id, first?.d])
})

test('the push may come before the acknowledgement, and settles the message as well', async () => {
  const { store, wire, sending } = parts()
  sending.send(CONV, 'hello')
  const own = entry(5, { id: wire.last.id, from: ME, body: 'hello' })
  store.set((state) => putEntry(state, own))
  expect(box(store)).toEqual([])
  await wire.acknowledge(ack(5))
  expect(known(store)).toMatchObject({ head: 5, last: own })
})

test('what is written without a connection is sent with the next one, in order', async () => {
  const { wire, sending } = parts()
  wire.live = false
  for (const text of ['one', 'two', 'three']) sending.send(CONV, text)
  expect(wire.asked).toEqual([])
  wire.live = true
  sending.pump()
  await wire.acknowledge(ack(5))
  await wire.acknowledge(ack(6))
  await wire.acknowledge(ack(7))
  expect(bodies(wire)).toEqual(['one', 'two', 'three'])
})

test('429 waits for the time that the server names, and then sends the same frame', async () => {
  const { wire, sending } = parts()
  sending.send(CONV, 'hello')
  await wire.refuse(problem(429, 'rate-limited', { retry_after_ms: 800 }))
  vi.advanceTimersByTime(799)
  expect(wire.asked).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(wire.last).toMatchObject({ id: wire.asked[0]?.id, d: wire.asked[0]?.d })
  expect(wire.asked).toHaveLength(2)
})

/** Answers as the server does, with a budget of `tokens` that gains five a second; how often it had to refuse. */
async function limited(wire: FakeWire, tokens: number, work: () => boolean): Promise<{ stored: string[]; refusals: number }> {
  const stored: string[] = []
  let [handled, refusals, at] = [0, 0, Date.now()]
  while (work()) {
    const one = wire.asked[handled]
    if (!one) {
      vi.advanceTimersByTime(50)
      continue
    }
    tokens = Math.min(20, tokens + ((Date.now() - at) * 5) / 1000)
    ;[at, handled] = [Date.now(), handled + 1]
    if (tokens >= 1) await wire.acknowledge(ack(stored.push(one.d.body)), one)
    else await wire.refuse(problem(429, 'rate-limited', { retry_after_ms: 200 }), one)
    if (tokens >= 1) tokens--
    else refusals++
  }
  return { stored, refusals }
}

test('thirty messages at once meet the limit of the server once, and all arrive in order', async () => {
  const { store, wire, sending } = parts([], 0)
  const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`)
  for (const text of texts) sending.send(CONV, text)
  expect(await limited(wire, 20, () => box(store).length > 0)).toEqual({ stored: texts, refusals: 1 })
})

test('so do messages that are written one after the other while the budget is used up', async () => {
  const { store, wire, sending } = parts([], 0)
  const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`)
  const waiting = [...texts]
  const write = () => {
    const next = box(store).length ? undefined : waiting.shift()
    if (next) sending.send(CONV, next)
    return box(store).length > 0
  }
  expect(await limited(wire, 0, write)).toEqual({ stored: texts, refusals: 1 })
})

test('a refused message is failed with its reason, and goes again with the same id when asked for', async () => {
  const { store, wire, sending } = parts()
  sending.send(CONV, 'one')
  sending.send(CONV, 'two')
  await wire.refuse(problem(422, 'invalid'))
  expect(box(store)[0]).toMatchObject({ state: 'failed', problem: { status: 422 } })
  expect(bodies(wire)).toEqual(['one', 'two'])
  await wire.acknowledge(ack(5))
  sending.retry(sure(box(store)[0]).id)
  expect([wire.last.id, wire.last.d.body]).toEqual([wire.asked[0]?.id, 'one'])
})

test('a failed message can be thrown away', async () => {
  const { store, wire, sending } = parts()
  sending.send(CONV, 'one')
  await wire.refuse(problem(422, 'invalid'))
  sending.discard(sure(box(store)[0]).id)
  expect(box(store)).toEqual([])
})

test('after a stale cursor the log is searched, and a message that is there is not sent again', async () => {
  const { store, wire, server, sending } = parts()
  sending.send(CONV, 'hello')
  server.append()
  const own = server.append({ id: wire.last.id, from: ME, body: 'hello' })
  await wire.refuse(problem(409, 'stale-cursor'))
  expect([box(store), wire.asked.length]).toEqual([[], 1])
  expect(known(store).last).toEqual(own)
})

test('a message that the log does not hold is sent again from its end, and somebody else’s with the same id does not count', async () => {
  const { store, wire, server, sending } = parts([], 450)
  store.set((state) => ({ ...state, outbox: [unsent(1)] }))
  sending.pump()
  server.append({ id: unsent(1).id })
  await wire.refuse(problem(409, 'stale-cursor'))
  expect(server.asked).toEqual(['after 0', 'after 200', 'after 400'])
  expect(wire.last).toMatchObject({ id: unsent(1).id, d: { after: [1, 451] } })
})

test('in another epoch the newest page is searched', async () => {
  const { store, wire, server, sending } = parts()
  sending.send(CONV, 'hello')
  server.epoch = 2
  server.entries = entries(1, 2).map((one) => ({ ...one, epoch: 2 }))
  await wire.refuse(problem(409, 'stale-cursor'))
  expect(box(store)[0]).toMatchObject({ after: [2, 2], state: 'sending' })
})

test('a search that cannot reach the server is made again later', async () => {
  const { store, wire, server, sending } = parts()
  sending.send(CONV, 'hello')
  server.fails = UNREACHABLE
  await wire.refuse(problem(409, 'stale-cursor'))
  expect(box(store)[0]).toMatchObject({ state: 'queued' })
  server.fails = null
  vi.advanceTimersByTime(1000)
  await wire.refuse(problem(409, 'stale-cursor'))
  await settle()
  expect(wire.asked).toHaveLength(3)
})

test('nothing is written to a conversation that is not there', () => {
  const { store, sending } = parts()
  sending.send('unknown', 'hello')
  expect(box(store)).toEqual([])
})
