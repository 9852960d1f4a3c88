/** What each push and each greeting changes. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Incoming } from '../src/app/incoming'
import { updateConversation } from '../src/app/state'
import { cursorsOf } from '../src/app/client'
import { logOf } from '../src/features/messages/log'
import { Failure } from '../src/http'
import type { Head, Push } from '../src/protocol'
import { BOB, body, CONV, entries, entry, id, known, LOBBY, ME, OTHER, storeWith, unsent } from './support/samples'
import { callEntry, known as live } from './support/calls'
import { HELLO_REPLY } from './support/socket'
import { problem, settle } from './support/server'

beforeEach(() => void vi.useFakeTimers({ now: 1000 }))
afterEach(() => void vi.useRealTimers())

function parts(bodies = [body({ head: 4, read: 4, last: entry(4) }), body({ conv: LOBBY, kind: 'lobby' })]) {
  const store = storeWith(bodies, [unsent(1)])
  const complete = vi.fn(() => Promise.resolve())
  const load = vi.fn(() => Promise.resolve())
  const arrived = vi.fn()
  const http = {
    conversation: vi.fn((conv: string) => Promise.resolve({ body: body({ conv, title: 'Fetched', head: 1, last: { ...entry(1), conv } }), etag: null, next: null })),
    conversations: vi.fn(() => Promise.resolve(bodies)),
  }
  const calls = { greeted: vi.fn(), pushed: vi.fn(), nudged: vi.fn() }
  const incoming = new Incoming({ store, http, history: { complete }, watching: { load }, calls, arrived })
  const open = (to: number) =>
    store.set((state) => ({
      ...updateConversation(state, CONV, (one) => ({ ...one, log: logOf({ epoch: 1, head: to, items: entries(1, to) }) })),
      shown: CONV,
    }))
  return { store, incoming, complete, load, calls, arrived, http, open }
}

const head = (changes: Partial<Head> = {}): Head => ({ conv: CONV, epoch: 1, head: 4, read: 4, ...changes })
const lobbyHead = head({ conv: LOBBY, head: 0, read: 0 })
const greet = (incoming: Incoming, heads: Head[]) => (incoming.greeted({ ...HELLO_REPLY, heads }), settle())
const message = (seq: number): Push => ({ t: 'msg', d: entry(seq) })

test('an entry is placed, is told, and ends the typing of its author', () => {
  const { store, incoming, arrived, complete, open } = parts()
  open(4)
  incoming.pushed({ t: 'typing', d: { conv: CONV, user: BOB } })
  expect(store.get().typing.get(CONV)?.get(BOB)).toBe(7000)
  incoming.pushed(message(5))
  expect(known(store)).toMatchObject({ head: 5, last: { seq: 5 }, log: { entries: { length: 5 } } })
  expect(store.get().typing.size).toBe(0)
  expect(arrived).toHaveBeenCalledWith(entry(5))
  expect(complete).not.toHaveBeenCalled()
})

test('a call whose end nobody told is over with its entry, pushed or found at the end of a list', async () => {
  const pushed = parts()
  pushed.store.set((state) => ({ ...state, calls: new Map([[CONV, live()]]) }))
  pushed.incoming.pushed({ t: 'msg', d: callEntry() })
  expect(pushed.store.get().calls.get(CONV)?.state).toBe('ended')
  const listed = parts([body({ head: 5, last: callEntry() })])
  listed.store.set((state) => ({ ...state, calls: new Map([[CONV, live()]]) }))
  await greet(listed.incoming, [])
  expect(listed.store.get().calls.get(CONV)?.state).toBe('ended')
})

test('my own entry replaces its optimistic bubble', () => {
  const { store, incoming } = parts()
  incoming.pushed({ t: 'msg', d: entry(5, { id: unsent(1).id, from: ME }) })
  expect(store.get().outbox).toEqual([])
})

test('my own typing in another window is not shown to me', () => {
  const { store, incoming } = parts()
  incoming.pushed({ t: 'typing', d: { conv: CONV, user: ME } })
  expect(store.get().typing.size).toBe(0)
})

test('somebody else’s entry with the id of an unsent message does not replace it', () => {
  const { store, incoming } = parts()
  incoming.pushed({ t: 'msg', d: entry(5, { id: unsent(1).id }) })
  expect(store.get().outbox).toHaveLength(1)
})

test('an entry beyond a hole is a loss, and the hole is read', () => {
  const { incoming, complete, open } = parts()
  open(4)
  incoming.pushed(message(6))
  expect(complete).toHaveBeenCalledExactlyOnceWith(CONV)
})

test('a push that closes what an acknowledgement had overtaken asks for nothing', () => {
  const { store, incoming, complete, open } = parts()
  open(4)
  store.set((state) => updateConversation(state, CONV, (one) => ({ ...one, log: one.log && { ...one.log, ahead: [entry(7)] } })))
  incoming.pushed(message(5))
  incoming.pushed(message(6))
  expect(complete).not.toHaveBeenCalled()
  expect(known(store).log?.entries).toHaveLength(7)
})

test('an entry of a conversation on screen that is not loaded yet loads it', () => {
  const { store, incoming, complete } = parts()
  incoming.pushed(message(5))
  expect(complete).not.toHaveBeenCalled()
  store.set((state) => ({ ...state, shown: CONV }))
  incoming.pushed(message(6))
  expect(complete).toHaveBeenCalledOnce()
})

test('an entry of an unknown conversation fetches that conversation before it is told', async () => {
  const { store, incoming, arrived } = parts()
  incoming.pushed({ t: 'msg', d: { ...entry(1), conv: OTHER } })
  expect(arrived).not.toHaveBeenCalled()
  await settle()
  expect(known(store, OTHER).title).toBe('Fetched')
  expect(arrived).toHaveBeenCalledOnce()
})

test('read marks and presence are taken over', () => {
  const { store, incoming } = parts()
  incoming.pushed({ t: 'read', d: { conv: CONV, user: BOB, seq: 3 } })
  incoming.pushed({ t: 'presence', d: { user: BOB, status: 'idle' } })
  expect([known(store).reads[BOB], store.get().presence.get(BOB)]).toEqual([3, 'idle'])
})

test('a conversation comes, changes and goes as told', async () => {
  const { store, incoming, load } = parts()
  incoming.pushed({ t: 'conv', d: { conv: OTHER, change: 'added' } })
  await settle()
  expect(known(store, OTHER).title).toBe('Fetched')
  incoming.pushed({ t: 'conv', d: { conv: OTHER, change: 'removed' } })
  expect(store.get().conversations.has(OTHER)).toBe(false)
  expect(load).not.toHaveBeenCalled()
  incoming.pushed({ t: 'conv', d: { conv: LOBBY, change: 'updated' } })
  expect(load).toHaveBeenCalledOnce()
})

test('calls, nudges and what goes on at a greeting are handed to the calls', async () => {
  const { incoming, calls } = parts()
  const snapshot = { call: id(0xca), conv: CONV, rev: 1, state: 'ringing', media: 'audio', from: BOB, ring_ms: 9, members: [] } as const
  for (const t of ['call.invite', 'call.accept', 'call.decline', 'call.end', 'call.update'] as const) incoming.pushed({ t, d: { ...snapshot, members: [] } })
  expect(calls.pushed).toHaveBeenCalledTimes(5)
  const nudge = { session: 's', rev: 1, from: BOB }
  incoming.pushed({ t: 'rtc', d: nudge })
  expect(calls.nudged).toHaveBeenCalledExactlyOnceWith(nudge)
  await greet(incoming, [head(), lobbyHead])
  expect(calls.greeted).toHaveBeenCalledOnce()
})

test('behind marks a conversation, and reads on only what is on screen', async () => {
  const { store, incoming, complete } = parts()
  incoming.pushed({ t: 'behind', d: { convs: [head({ head: 900 })] } })
  expect(known(store)).toMatchObject({ behind: true, head: 900 })
  expect(complete).not.toHaveBeenCalled()
  store.set((state) => ({ ...state, shown: CONV }))
  incoming.pushed({ t: 'behind', d: { convs: [head({ head: 900 })] } })
  expect(complete).toHaveBeenCalledWith(CONV)
  await settle()
})

test('a greeting with the conversations that are known asks for nothing more', async () => {
  const { store, incoming, http } = parts()
  await greet(incoming, [head({ head: 9, read: 6 }), lobbyHead])
  expect(known(store)).toMatchObject({ head: 9, read: 6 })
  expect(http.conversations).not.toHaveBeenCalled()
})

test('a greeting with others reads the list anew', async () => {
  for (const heads of [[head()], [head(), lobbyHead, head({ conv: OTHER })], [head(), head({ conv: OTHER })]]) {
    const { incoming, http } = parts()
    await greet(incoming, heads)
    expect(http.conversations).toHaveBeenCalledOnce()
  }
})

test('a refresh that fails leaves what is known', async () => {
  const { store, incoming, http } = parts()
  http.conversations.mockRejectedValue(new Failure(problem(503, 'unavailable')))
  await greet(incoming, [])
  expect(store.get().conversations.size).toBe(2)
})

test('frames of a later version change nothing', () => {
  const { store, incoming } = parts()
  const before = store.get()
  incoming.pushed({ t: 'later', d: {} } as unknown as Push)
  expect(store.get()).toBe(before)
})

test('a greeting names at most 500 conversations, the most recent ones', () => {
  const many = Array.from({ length: 600 }, (_, number) => body({ conv: id(number), head: number, last: { ...entry(number), conv: id(number) } }))
  const cursors = cursorsOf(storeWith(many).get())
  expect(Object.keys(cursors)).toHaveLength(500)
  expect([cursors[id(599)], cursors[id(99)]]).toEqual([[1, 599], undefined])
})
