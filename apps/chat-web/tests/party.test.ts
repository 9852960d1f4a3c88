/** The name of a tab: kept over a reload, not shared with its duplicate. */
// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Party } from '../src/app/party'
import { uuidv7 } from '../src/uuid'

type Granted = (lock: object | null) => unknown

/** Locks of a browser in which other tabs hold some names. */
function browserWith(held: string[]): void {
  const locks = { request: (name: string, _: object, granted: Granted) => Promise.resolve(granted(held.includes(name) ? null : {})) }
  vi.stubGlobal('navigator', { locks })
}

beforeEach(() => browserWith([]))
afterEach(() => {
  vi.unstubAllGlobals()
  sessionStorage.clear()
})

test('a reload keeps the name', async () => {
  const first = await Party.take()
  expect((await Party.take()).current).toBe(first.current)
})

test('a duplicate of a living tab gets a name of its own', async () => {
  const first = await Party.take()
  browserWith([`parley.party.${first.current}`])
  const second = await Party.take()
  expect(second.current).not.toBe(first.current)
  expect(sessionStorage.getItem('parley.party')).toBe(second.current)
})

test('taking over means a new name, which is kept', async () => {
  const party = await Party.take()
  const before = party.current
  expect(party.renew()).not.toBe(before)
  expect(sessionStorage.getItem('parley.party')).toBe(party.current)
})

test('a browser without locks still has names', async () => {
  vi.stubGlobal('navigator', {})
  expect((await Party.take()).current).toMatch(/^[0-9a-f-]{36}$/)
})

test('ids are of version 7, as the example of RFC 9562, and sort by their time', () => {
  const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f)
  expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  const times = [0, 1, 255, 256, 1_700_000_000_000, 1_700_000_000_001]
  const ids = times.map((at) => uuidv7(at))
  expect([...ids].sort()).toEqual(ids)
  for (const one of ids) expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
