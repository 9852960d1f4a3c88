/** Names, initials and presence of people, and whom the server is asked to watch. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hueOf, initials, nameOf, searchPeople, watched, withPeople, withPresence } from '../src/features/people/people'
import { Watching } from '../src/features/people/watching'
import { Failure } from '../src/http'
import type { User } from '../src/protocol'
import { bob, BOB, eve, EVE, id, ME, storeWith } from './support/samples'
import { FakeWire, problem } from './support/server'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const SETTLED = 150

test('a person is called by name, else by address, else by an ellipsis', () => {
  const people = withPeople(new Map(), [bob, eve])
  expect([BOB, EVE, ME].map((one) => nameOf(people, one))).toEqual(['Bob', 'eve@example.org', '…'])
})

test.each([
  ['Ann Lee', 'AL'],
  ['Ann van der Lee', 'AL'],
  ['ann', 'AN'],
  ['ann.lee@example.org', 'AL'],
  ['  ', '?'],
  ['👋🏽 Zoë', '👋Z'],
  ['é', 'É'],
])('the initials of "%s" are %s', (name, letters) => {
  expect(initials(name)).toBe(letters)
})

test('a hue is the same for one person always, and between 0 and 359', () => {
  for (let number = 0; number < 100; number++) {
    const hue = hueOf(id(number))
    expect(hue).toBe(hueOf(id(number)))
    expect(hue).toBeGreaterThanOrEqual(0)
    expect(hue).toBeLessThan(360)
  }
})

test('newer names and statuses replace the older ones', () => {
  expect(withPeople(withPeople(new Map(), [bob]), [{ ...bob, name: 'Rob' }]).get(BOB)?.name).toBe('Rob')
  expect(withPresence(withPresence(new Map(), [{ user: BOB, status: 'active' }]), [{ user: BOB, status: 'idle' }]).get(BOB)).toBe('idle')
})

test('each person is watched once, oneself is not, and no more than the server allows', () => {
  expect(watched([EVE, BOB, EVE, ME], ME)).toEqual([BOB, EVE])
  expect(watched(Array.from({ length: 300 }, (_, number) => id(number + 100)), ME)).toHaveLength(200)
})

test('people are found by every word in name or address, in the order of their names', () => {
  const people = [{ ...bob, name: 'Zed' }, eve, { id: id(5), email: 'zoe@example.org', name: 'Abe' }]
  expect(searchPeople(people, 'example').map(({ email }) => email)).toEqual(['zoe@example.org', 'eve@example.org', 'bob@example.org'])
  expect(searchPeople(people, 'ZED bob')).toHaveLength(1)
  expect(searchPeople(people, 'zed eve')).toEqual([])
})

function parts(pages: User[][] = [[bob]]) {
  const [store, wire] = [storeWith(), new FakeWire()]
  const asked: string[] = []
  const page = (path: string, index: number) => {
    asked.push(path)
    return Promise.resolve({ body: pages[index] ?? [], etag: null, next: index + 1 < pages.length ? String(index + 1) : null })
  }
  const http = { people: () => page('first', 0), morePeople: (next: string) => page(next, Number(next)) }
  return { store, wire, asked, watching: new Watching(store, wire, http) }
}

const lists = (wire: FakeWire) => wire.asked.map(({ d }) => d.users)

test('the watch list is told once things have settled, and what it answers is shown', async () => {
  const { store, wire, watching } = parts()
  watching.show([BOB])
  watching.show([EVE, BOB])
  expect(wire.asked).toEqual([])
  vi.advanceTimersByTime(SETTLED)
  expect(lists(wire)).toEqual([[BOB, EVE]])
  await wire.acknowledge({ statuses: [{ user: EVE, status: 'active' }] })
  expect(store.get().presence.get(EVE)).toBe('active')
})

test('the same list is not told twice, a shorter one is', async () => {
  const { wire, watching } = parts()
  const hide = watching.show([BOB])
  vi.advanceTimersByTime(SETTLED)
  await wire.acknowledge({ statuses: [] })
  watching.show([BOB])
  vi.advanceTimersByTime(SETTLED)
  expect(wire.asked).toHaveLength(1)
  watching.show([EVE])
  hide()
  vi.advanceTimersByTime(SETTLED)
  expect(lists(wire).at(-1)).toEqual([BOB, EVE])
})

test('a new connection is told the list again, and without one nothing is told', () => {
  const { wire, watching } = parts()
  wire.live = false
  watching.show([BOB])
  vi.advanceTimersByTime(SETTLED)
  expect(wire.asked).toEqual([])
  wire.live = true
  watching.resume()
  vi.advanceTimersByTime(SETTLED)
  expect(lists(wire)).toEqual([[BOB]])
})

test('a refused list is told again later', async () => {
  const { wire, watching } = parts()
  watching.show([BOB])
  vi.advanceTimersByTime(SETTLED)
  await wire.refuse(problem(429, 'rate-limited', { retry_after_ms: 200 }))
  expect(wire.asked).toHaveLength(1)
  vi.advanceTimersByTime(5000)
  expect(lists(wire)).toEqual([[BOB], [BOB]])
})

test('all pages of people are read', async () => {
  const { store, asked, watching } = parts([[bob], [eve]])
  await watching.load()
  expect(asked).toEqual(['first', '1'])
  expect([...store.get().people.keys()]).toEqual([ME, BOB, EVE])
})

test('a change that is told while people are read has them read once more, however often it is told', async () => {
  const { store, asked, watching } = parts([[bob]])
  const renamed = [[bob], [{ ...bob, name: 'Rob' }]]
  const http = { people: () => Promise.resolve({ body: renamed[asked.push('first') - 1] ?? [], etag: null, next: null }), morePeople: () => Promise.reject(new Error()) }
  Object.assign(watching, { http })
  await Promise.all([watching.load(), watching.load(), watching.load()])
  expect(asked).toHaveLength(2)
  expect(store.get().people.get(BOB)?.name).toBe('Rob')
})

test('people that cannot be read leave what is known', async () => {
  const { store, wire } = parts()
  const http = { people: () => Promise.reject(new Failure(problem(503, 'unavailable'))), morePeople: () => Promise.reject(new Error()) }
  await new Watching(store, wire, http).load()
  expect(store.get().people.size).toBe(1)
})
