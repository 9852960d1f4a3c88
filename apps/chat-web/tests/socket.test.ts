/** The one WebSocket: requests and their answers, notices, and what a broken connection does to them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Push } from '../src/protocol'
import { Lost, Refused, Socket } from '../src/socket'
import { FakeWebSocket, newest } from './support/socket'
import { CONV, id } from './support/samples'
import { problem } from './support/server'

let pushed: Push[]
let phases: string[]
let renewals: boolean[]
const signedOut = vi.fn()
const greeted = vi.fn()

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  vi.stubGlobal('WebSocket', FakeWebSocket)
  FakeWebSocket.made = []
  ;[pushed, phases, renewals] = [[], [], []]
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  signedOut.mockClear()
  greeted.mockClear()
})

function started(): Socket {
  const socket = new Socket('ws://parley.test/ws')
  socket.start({
    hello: (renew) => {
      renewals.push(renew)
      return { party: id(0xf), cursors: { [CONV]: [1, 41] } }
    },
    greeted,
    pushed: (push) => pushed.push(push),
    changed: ({ phase }) => phases.push(phase),
    signedOut,
  })
  return socket
}

async function live(): Promise<Socket> {
  const socket = started()
  await newest().greets()
  return socket
}

test('it opens with the subprotocol, greets with the cursors, and is live after the answer', async () => {
  const socket = started()
  expect([newest().url, newest().protocol]).toEqual(['ws://parley.test/ws', 'chat.v1.json'])
  expect(newest().sent).toEqual([])
  newest().onopen?.()
  expect(newest().last('hello').d).toEqual({ party: id(0xf), cursors: { [CONV]: [1, 41] } })
  expect(socket.live).toBe(false)
  await newest().says({ re: newest().last('hello').id, ok: true, d: { heads: [] } })
  expect(socket.live).toBe(true)
  expect(greeted).toHaveBeenCalledWith({ heads: [] })
  expect(phases).toEqual(['connecting', 'greeting', 'live'])
})

test('an answer goes to the request with its id, in whatever order answers come', async () => {
  const socket = await live()
  const first = socket.request('msg.read', { conv: CONV, seq: 1 }, id(1))
  const second = socket.request('presence.watch', { users: [] }, id(2))
  await newest().says({ re: id(2), ok: true, d: { statuses: [] } })
  await newest().says({ re: id(1), ok: true, d: {} })
  expect([await first, await second]).toEqual([{}, { statuses: [] }])
})

test('a refusal rejects with the problem', async () => {
  const socket = await live()
  const request = expect(socket.request('msg.read', { conv: CONV, seq: 1 }, id(1))).rejects.toEqual(new Refused(problem(422, 'invalid')))
  await newest().says({ re: id(1), ok: false, err: problem(422, 'invalid') })
  await request
})

test('a request on a connection that breaks is lost, and so is one without a connection', async () => {
  const socket = await live()
  const cut = expect(socket.request('msg.read', { conv: CONV, seq: 1 })).rejects.toBeInstanceOf(Lost)
  await newest().closes(1006)
  await cut
  await expect(socket.request('msg.read', { conv: CONV, seq: 1 })).rejects.toBeInstanceOf(Lost)
})

test('a request without an answer for 10 s is lost, and its late answer is nobody’s', async () => {
  const socket = await live()
  const settled = vi.fn()
  void socket.request('msg.read', { conv: CONV, seq: 1 }, id(1)).catch(settled)
  await vi.advanceTimersByTimeAsync(9999)
  expect(settled).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(settled).toHaveBeenCalledWith(new Lost('no answer'))
  await newest().says({ re: id(1), ok: true, d: {} })
})

test('a ping is answered with pong and goes no further', async () => {
  await live()
  await newest().says({ t: 'ping', d: {} })
  expect(newest().last('pong')).toMatchObject({ t: 'pong', d: {} })
  expect(newest().sent.at(-1)).not.toHaveProperty('id')
  expect(pushed).toEqual([])
})

test('pushes are handed on in the order in which they came', async () => {
  await live()
  const frames = [{ t: 'typing', d: { conv: CONV, user: id(1) } }, { t: 'read', d: { conv: CONV, user: id(1), seq: 2 } }]
  for (const frame of frames) await newest().says(frame)
  expect(pushed).toEqual(frames)
})

test('notices are dropped without a connection', async () => {
  const socket = started()
  socket.notify('typing', { conv: CONV })
  await newest().greets()
  expect(newest().sent.map(({ t }) => t)).toEqual(['hello'])
  socket.notify('typing', { conv: CONV })
  expect(newest().sent.at(-1)).toEqual({ t: 'typing', d: { conv: CONV } })
})

test('after a cut it opens another connection when the backoff is over, and greets anew', async () => {
  await live()
  await newest().says({ t: 'synced', d: {} })
  await newest().closes(1006)
  await vi.advanceTimersByTimeAsync(500)
  expect(FakeWebSocket.made).toHaveLength(2)
  await newest().greets()
  expect(renewals).toEqual([false, false])
})

test('after bye it waits as long as bye said', async () => {
  await live()
  await newest().says({ t: 'bye', d: { reason: 'drain', reconnect_ms: 3000 } })
  await newest().closes(1012)
  await vi.advanceTimersByTimeAsync(2700)
  expect(FakeWebSocket.made).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(600)
  expect(FakeWebSocket.made).toHaveLength(2)
})

test('40 s of silence drop the connection, and what the dropped one still says is not heard', async () => {
  await live()
  const old = newest()
  await vi.advanceTimersByTimeAsync(40_500)
  expect(old.closed).toBe(true)
  await old.says({ t: 'typing', d: { conv: CONV, user: id(1) } })
  expect(pushed).toEqual([])
})

test('a connection whose greeting is refused is closed and tried again', async () => {
  started()
  newest().onopen?.()
  await newest().says({ re: newest().last('hello').id, ok: false, err: problem(503, 'unavailable') })
  expect(newest().closed).toBe(true)
  await vi.advanceTimersByTimeAsync(1000)
  expect(FakeWebSocket.made).toHaveLength(2)
})

test('4401 leads to the sign-in page and to no further connection', async () => {
  await live()
  await newest().closes(4401)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(signedOut).toHaveBeenCalledOnce()
  expect(FakeWebSocket.made).toHaveLength(1)
})

test('a tab that was replaced stays quiet until it takes over under another name', async () => {
  const socket = await live()
  await newest().closes(4409)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(FakeWebSocket.made).toHaveLength(1)
  socket.advance({ type: 'take-over' })
  await newest().greets()
  await newest().closes(1006)
  await vi.advanceTimersByTimeAsync(1000)
  await newest().greets()
  expect(renewals).toEqual([false, true, false])
})

test('abuse waits as long as the last refusal said, if that is more than 30 s', async () => {
  const socket = await live()
  void socket.request('msg.read', { conv: CONV, seq: 1 }, id(1)).catch(() => undefined)
  await newest().says({ re: id(1), ok: false, err: problem(429, 'rate-limited', { retry_after_ms: 60_000 }) })
  await newest().closes(4429)
  await vi.advanceTimersByTimeAsync(59_000)
  expect(FakeWebSocket.made).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1500)
  expect(FakeWebSocket.made).toHaveLength(2)
})

test('nothing is written to a socket that is closing; a request is lost with it', async () => {
  const socket = await live()
  const before = newest().sent.length
  newest().readyState = FakeWebSocket.CLOSING
  socket.notify('typing', { conv: CONV })
  const asked = socket.request('msg.read', { conv: CONV, seq: 1 })
  expect(newest().sent).toHaveLength(before)
  await Promise.all([expect(asked).rejects.toBeInstanceOf(Lost), newest().closes(1006)])
})
