/** Loading of logs: the newest page, older pages, gaps, and what happens meanwhile. */
import { expect, test } from 'vitest'
import { putEntry, putHead, updateConversation, type AppStore } from '../src/app/state'
import { logOf, place } from '../src/features/messages/log'
import { History } from '../src/features/messages/history'
import { callEntry, known as live } from './support/calls'
import { body, CONV, entries, entry, known, OTHER, seqs, storeWith, sure } from './support/samples'
import { LogServer, UNREACHABLE } from './support/server'

function opened(count: number, read = count): { store: AppStore; server: LogServer; history: History } {
  const server = new LogServer(count)
  const store = storeWith([body({ head: count, read, last: server.entries.at(-1) ?? null })])
  return { store, server, history: new History(store, server) }
}

const loaded = (store: AppStore) => sure(known(store).log)
const hold = (store: AppStore, from: number, to: number) =>
  store.set((state) => updateConversation(state, CONV, (one) => ({ ...one, log: logOf({ epoch: 1, head: to, items: entries(from, to) }) })))

test('opening loads the newest sixty, and as many more as reach 20 before the first unread', async () => {
  for (const [read, expected] of [[300, 60], [220, 100], [0, 200]] as const) {
    const { store, history } = opened(300, read)
    await history.complete(CONV)
    expect(seqs(loaded(store).entries)).toEqual(seqs(entries(301 - expected, 300)))
    expect(known(store).behind).toBe(false)
  }
})

test('older pages come until the beginning is there', async () => {
  const { store, server, history } = opened(150)
  await history.complete(CONV)
  await history.older(CONV)
  await history.older(CONV)
  await history.older(CONV)
  expect(loaded(store)).toMatchObject({ base: 0, entries: server.entries })
  expect(server.asked).toEqual([`before ${Number.MAX_SAFE_INTEGER}`, 'before 91'])
})

test('a gap is closed by reading on from before it', async () => {
  const { store, server, history } = opened(10)
  hold(store, 1, 4)
  store.set((state) => putEntry(state, entry(9)))
  await history.complete(CONV)
  expect(seqs(loaded(store).entries)).toEqual(seqs(entries(1, 10)))
  expect([server.asked, known(store).behind]).toEqual([['after 4'], false])
})

test('a gap of many pages is closed page by page', async () => {
  const { store, server, history } = opened(700)
  hold(store, 1, 100)
  await history.complete(CONV)
  expect(loaded(store).entries).toHaveLength(700)
  expect(server.asked).toEqual(['after 100', 'after 300', 'after 500'])
})

test('a page that has the entry of a call ends it', async () => {
  const { store, server, history } = opened(4)
  store.set((state) => ({ ...state, calls: new Map([[CONV, live()]]) }))
  server.append(callEntry())
  await history.complete(CONV)
  expect(store.get().calls.get(CONV)?.state).toBe('ended')
})

test('far behind, the newest page is loaded instead of everything between', async () => {
  const { store, history } = opened(5000)
  hold(store, 1, 100)
  await history.complete(CONV)
  expect(loaded(store).base).toBe(4940)
})

test('what is pushed while the newest page is on its way is not lost', async () => {
  const { store, server, history } = opened(10)
  server.meanwhile = () => {
    for (const pushed of [server.append(), server.append()]) store.set((state) => putEntry(state, pushed))
  }
  await history.complete(CONV)
  expect(seqs(loaded(store).entries)).toEqual(seqs(entries(1, 12)))
  expect(known(store).behind).toBe(false)
})

test('what is pushed while a gap is read joins behind it', async () => {
  const { store, server, history } = opened(10)
  hold(store, 1, 4)
  server.meanwhile = () => store.set((state) => putEntry(state, server.append()))
  await history.complete(CONV)
  expect(seqs(loaded(store).entries)).toEqual(seqs(entries(1, 11)))
})

test('a head that the log does not reach yet is not asked for without end', async () => {
  const { store, server, history } = opened(10)
  hold(store, 1, 10)
  store.set((state) => putHead(state, { conv: CONV, epoch: 1, head: 12, read: 0 }))
  await history.complete(CONV)
  expect(known(store).behind).toBe(true)
  expect(server.asked.length).toBeLessThan(4)
})

test('another epoch drops the copy and loads the newest page of the new one', async () => {
  const { store, server, history } = opened(10)
  hold(store, 1, 4)
  server.epoch = 2
  server.entries = entries(1, 6).map((one) => ({ ...one, epoch: 2, body: 'restored' }))
  await history.complete(CONV)
  expect(known(store)).toMatchObject({ epoch: 2, head: 6 })
  expect(loaded(store)).toMatchObject({ epoch: 2, base: 0, entries: server.entries })
})

test('loads at the same time are one load, and pages up are apart from it', async () => {
  const { store, server, history } = opened(150)
  await Promise.all([history.complete(CONV), history.complete(CONV)])
  expect(server.asked).toHaveLength(1)
  await Promise.all([history.older(CONV), history.older(CONV)])
  expect(server.asked).toHaveLength(2)
  expect(store.get().loads.size).toBe(0)
})

test('loading and failing are told, and trying again works', async () => {
  const { store, server, history } = opened(10)
  server.fails = UNREACHABLE
  const running = history.complete(CONV)
  expect(store.get().loads.get(`${CONV}:tail`)).toBe('loading')
  await running
  expect(store.get().loads.get(`${CONV}:tail`)).toBe('failed')
  server.fails = null
  await history.complete(CONV)
  expect(store.get().loads.size).toBe(0)
  expect(loaded(store).entries).toHaveLength(10)
})

test('a conversation that is not known is not asked for', async () => {
  const { server, history } = opened(10)
  await history.complete(OTHER)
  await history.older(OTHER)
  expect(server.asked).toEqual([])
})

test('an entry that joined by a push meanwhile does not make older pages misfit', async () => {
  const { store, server, history } = opened(150)
  await history.complete(CONV)
  server.meanwhile = () =>
    store.set((state) => updateConversation(state, CONV, (one) => ({ ...one, log: one.log && place(one.log, server.append()) })))
  await history.older(CONV)
  expect(seqs(loaded(store).entries)).toEqual(seqs(entries(1, 151)))
})
