/** What becomes of the connection when offers meet, answers come too late, or the other page was loaded anew. */
import { beforeEach, expect, test, vi } from 'vitest'
import { Exchange } from '../src/features/calls/exchange'
import type { Rtc } from '../src/features/calls/rtc'
import type { CandidateBody } from '../src/protocol'
import { SessionServer } from './support/calls'
import { sure } from './support/samples'

const ANN = 'ann@example.org'
const BOB = 'bob@example.org'
/** A description by the connection with this number. */
const sdp = (connection: number, fragment = `u${connection}`) => `v=0\r\no=- ${connection} 1 IN IP4 127.0.0.1\r\na=ice-ufrag:${fragment}\r\n`

const made = vi.hoisted(() => [] as FakePeer[])

/** A connection that notes what is done with it. */
interface FakePeer {
  remoteSdp: string | null
  done: string[]
  closed: boolean
}

vi.mock('../src/features/calls/peer', () => ({
  Peer: class {
    remoteSdp: string | null = null
    done: string[] = []
    closed = false
    constructor() {
      made.push(this)
    }
    offer = (restart: boolean) => (this.done.push(restart ? 'restart' : 'offer'), Promise.resolve(sdp(1000 + made.indexOf(this))))
    answer = (offer: string) => ((this.remoteSdp = offer), this.done.push('answer'), Promise.resolve(sdp(1000 + made.indexOf(this))))
    accept = (answer: string) => ((this.remoteSdp = answer), this.done.push('accept'), Promise.resolve())
    rollback = () => (this.done.push('rollback'), Promise.resolve())
    add = ({ candidate }: CandidateBody) => (this.done.push(`add ${candidate}`), Promise.resolve())
    use = () => undefined
    close = () => (this.closed = true)
  },
}))

beforeEach(() => made.splice(0))

function side(creates: boolean) {
  const server = new SessionServer()
  const rtc = {
    read: () => Promise.resolve(server.read()),
    offer: (_: string, from: string, text: string, over: number) => Promise.resolve().then(() => server.offer(from, text, over)),
    answer: (_: string, from: string, text: string, offer: number) => Promise.resolve().then(() => server.answer(from, text, offer)),
  } as unknown as Rtc
  const replaced = vi.fn()
  const exchange = new Exchange(creates, { rtc, me: ANN, sending: vi.fn(), candidate: vi.fn(), changed: vi.fn(), replaced })
  exchange.begin(server.read(), false)
  return { server, exchange, replaced, take: () => exchange.take(server.read()) }
}

test('an offer, its answer, and the candidates that waited for it', async () => {
  const { server, take } = side(true)
  await take()
  const { session, sync } = server.document
  session.candidates.push({ from: BOB, candidate: 'early', usernameFragment: 'u7', index: 0 })
  sync.next = 1
  await take()
  expect(made[0]?.done).toEqual(['offer'])
  server.answer(BOB, sdp(7), 1)
  await take()
  await take()
  expect(made[0]?.done).toEqual(['offer', 'accept', 'add early'])
})

test('who loses the first offers begins with another connection, which answers', async () => {
  const { server, take, replaced } = side(true)
  const before = server.read()
  server.offer(BOB, sdp(7), 0)
  server.read = vi.fn(server.read.bind(server)).mockReturnValueOnce(before)
  await take()
  expect(made.map(({ done, closed }) => [done, closed])).toEqual([
    [['offer'], true],
    [['answer'], false],
  ])
  expect([server.document.sync.answer_to, replaced.mock.calls.length]).toEqual([1, 1])
})

test('who loses a later offer rolls back and keeps the connection', async () => {
  const { server, exchange, take } = side(true)
  await take()
  server.answer(BOB, sdp(7), 1)
  await take()
  const before = server.read()
  server.offer(BOB, sdp(7, 'u8'), 1)
  exchange.wantRestart()
  await exchange.take(before)
  expect(made).toHaveLength(1)
  expect(made[0]?.done).toEqual(['offer', 'accept', 'restart', 'rollback', 'answer'])
})

test('an offer of a page that was loaded anew is answered with a new connection, a restart with the same', async () => {
  const { server, take } = side(false)
  server.offer(BOB, sdp(7), 0)
  await take()
  server.offer(BOB, sdp(7, 'u8'), 1)
  await take()
  expect(made).toHaveLength(1)
  server.offer(BOB, sdp(9), 2)
  await take()
  expect(made.map(({ done, closed }) => [done, closed])).toEqual([
    [['answer', 'answer'], true],
    [['answer'], false],
  ])
})

test('an answer of a page that was loaded anew is not applied: both begin anew', async () => {
  const { server, exchange, take } = side(true)
  await take()
  server.answer(BOB, sdp(7), 1)
  await take()
  exchange.wantRestart()
  await take()
  server.answer(BOB, sdp(9), 2)
  await take()
  expect(made.map(({ done, closed }) => [done, closed])).toEqual([
    [['offer', 'accept', 'restart'], true],
    [['offer'], false],
  ])
  expect(server.document.sync.offer_rev).toBe(3)
})

test('an answer that comes too late is followed by the newer offer', async () => {
  const { server, take } = side(false)
  server.offer(BOB, sdp(7), 0)
  const before = server.read()
  server.offer(BOB, sdp(7, 'u8'), 1)
  server.read = vi.fn(server.read.bind(server)).mockReturnValueOnce(before)
  await take()
  expect([sure(made[0]).done, server.document.sync.answer_to]).toEqual([['answer', 'answer'], 2])
})
