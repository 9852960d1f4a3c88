/** The last entry in one line: who said what, who came and went, what became of a call. */
import { expect, test } from 'vitest'
import { isMissed, noteText, summary } from '../src/features/conversations/summary'
import type { CallEntry, CallMeta } from '../src/protocol'
import { en } from '../src/words/en'
import { BOB, entry, EVE, ME, member } from './support/samples'

const names = new Map([
  [BOB, 'Bob'],
  [EVE, 'Eve'],
])
const naming = { me: ME, words: en, name: (id: string) => names.get(id) ?? '?' }

const call = (meta: Partial<CallMeta>): CallEntry => {
  const { conv, epoch, seq, id, from, at } = entry(1)
  return { conv, epoch, seq, id, from, at, kind: 'call', meta: { media: 'video', from: BOB, reason: 'completed', members: [{ user: ME, st: 'left' }], ...meta } }
}

test('a text names its author, except the other person of two', () => {
  expect(summary(entry(1, { body: 'hi' }), false, naming)).toBe('Bob: hi')
  expect(summary(entry(1, { body: 'hi' }), true, naming)).toBe('hi')
  expect(summary(entry(1, { body: 'hi', from: ME }), true, naming)).toBe('You: hi')
})

test('a text is one line of at most 200 characters', () => {
  expect(summary(entry(1, { body: 'a\n\n  b' }), true, naming)).toBe('a b')
  expect(summary(entry(1, { body: 'x'.repeat(900) }), true, naming)).toHaveLength(200)
})

test.each([
  [member(1, { change: 'joined', user: BOB }), 'Bob joined'],
  [member(1, { change: 'joined', user: EVE }), 'Bob added Eve'],
  [member(1, { change: 'joined', user: ME }), 'Bob added You'],
  [member(1, { change: 'left', user: BOB }), 'Bob left'],
  [member(1, { change: 'removed', user: BOB }), 'Bob left'],
  [member(1, { change: 'removed', user: EVE }, ME), 'You removed Eve'],
])('a change of members is told with both names: %#', (note, text) => {
  expect(noteText(note, naming)).toBe(text)
  expect(summary(note, true, naming)).toBe(text)
})

test.each([
  [{ duration_ms: 252_000 }, 'Video call, 4:12'],
  [{ media: 'audio', duration_ms: 5000 }, 'Audio call, 0:05'],
  [{ reason: 'missed', members: [{ user: ME, st: 'missed' }] }, 'Missed video call'],
  [{ reason: 'busy', media: 'audio', members: [{ user: ME, st: 'busy' }] }, 'Missed audio call'],
  [{ reason: 'declined', members: [{ user: ME, st: 'declined' }] }, 'Declined video call'],
  [{ reason: 'missed', members: [{ user: BOB, st: 'missed' }] }, 'Video call without answer'],
] satisfies [Partial<CallMeta>, string][])('a call is told by my own outcome: %#', (meta, text) => {
  expect(noteText(call(meta), naming)).toBe(text)
})

test('missed is only what I missed', () => {
  expect(isMissed(call({ members: [{ user: ME, st: 'busy' }] }), ME)).toBe(true)
  expect(isMissed(call({ members: [{ user: BOB, st: 'missed' }] }), ME)).toBe(false)
})
