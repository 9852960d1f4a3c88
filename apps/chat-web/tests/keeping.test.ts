/** What outlives the page: unsent messages, drafts and preferences, also where storage is full or spoilt. */
import { expect, test } from 'vitest'
import { Drafts } from '../src/features/messages/drafts'
import { keep, kept, settledElsewhere } from '../src/features/messages/keeping'
import { applyTheme, openPreferences } from '../src/features/settings/preferences'
import { BOB, CONV, ME, OTHER, unsent } from './support/samples'
import { MemoryShelf } from './support/shelf'

const [a, b] = [unsent(1), unsent(2)]

test('unsent messages come back after a reload in the order they were written, with the same id and after', () => {
  const shelf = new MemoryShelf()
  keep(shelf, ME, [], [b, a])
  expect(kept(shelf, ME)).toEqual([a, b])
})

test('what was on its way waits again, and what failed stays failed', () => {
  const shelf = new MemoryShelf()
  keep(shelf, ME, [], [{ ...a, state: 'sending', attempts: 3, notBefore: 5000 }, { ...b, state: 'failed' }])
  expect(kept(shelf, ME)).toMatchObject([{ state: 'queued', attempts: 3, notBefore: 0 }, { state: 'failed' }])
})

test('what is done with is forgotten', () => {
  const shelf = new MemoryShelf()
  keep(shelf, ME, [], [a, b])
  keep(shelf, ME, [a, b], [b])
  expect(kept(shelf, ME)).toEqual([b])
})

test('another account on the same browser sees none of it', () => {
  const shelf = new MemoryShelf()
  keep(shelf, ME, [], [a])
  new Drafts(shelf, ME).set(CONV, 'secret')
  expect(kept(shelf, BOB)).toEqual([])
  expect(new Drafts(shelf, BOB).get(CONV)).toBe('')
})

test('a message that another tab has settled is recognised by the change of storage', () => {
  const key = `parley.unsent.${ME}.${a.id}`
  expect(settledElsewhere(ME, { key, newValue: null })).toBe(a.id)
  expect(settledElsewhere(ME, { key, newValue: '{}' })).toBeNull()
  expect(settledElsewhere(BOB, { key, newValue: null })).toBeNull()
  expect(settledElsewhere(ME, { key: null, newValue: null })).toBeNull()
})

test('spoilt items of storage are passed over', () => {
  const shelf = new MemoryShelf()
  keep(shelf, ME, [], [a])
  shelf.setItem(`parley.unsent.${ME}.x`, '{"id":')
  shelf.setItem(`parley.unsent.${ME}.y`, 'null')
  shelf.setItem(`parley.unsent.${ME}.z`, '{"id":"z"}')
  shelf.setItem('parley.preferences', 'not json')
  expect(kept(shelf, ME)).toEqual([a])
  expect(openPreferences(shelf).get().theme).toBe('system')
})

test('a full storage loses what it should keep, and nothing else', () => {
  const shelf = new MemoryShelf()
  shelf.full = true
  const preferences = openPreferences(shelf)
  keep(shelf, ME, [], [a])
  new Drafts(shelf, ME).set(CONV, 'text')
  preferences.set((now) => ({ ...now, sound: true }))
  expect(preferences.get().sound).toBe(true)
})

test('a draft belongs to its conversation, and an empty one is gone', () => {
  const shelf = new MemoryShelf()
  const drafts = new Drafts(shelf, ME)
  drafts.set(CONV, 'half a')
  expect([drafts.get(CONV), drafts.get(OTHER)]).toEqual(['half a', ''])
  drafts.set(CONV, '')
  expect(shelf.length).toBe(0)
})

test('preferences begin quiet and like the system, and are kept', () => {
  const shelf = new MemoryShelf()
  const quiet = { theme: 'system', language: 'system', notifications: false, sound: false, microphone: '', camera: '', speaker: '' }
  expect(openPreferences(shelf).get()).toEqual(quiet)
  openPreferences(shelf).set((now) => ({ ...now, theme: 'dark' }))
  expect(openPreferences(shelf).get()).toEqual({ ...quiet, theme: 'dark' })
})

test('a chosen theme is on the page, and the system’s leaves no trace', () => {
  const attributes = new Map<string, string>()
  const root = { setAttribute: (name: string, value: string) => attributes.set(name, value), removeAttribute: (name: string) => attributes.delete(name) }
  const preferences = openPreferences(new MemoryShelf()).get()
  applyTheme(root as unknown as HTMLElement, { ...preferences, theme: 'dark' })
  expect(attributes.get('data-theme')).toBe('dark')
  applyTheme(root as unknown as HTMLElement, preferences)
  expect(attributes.size).toBe(0)
})
