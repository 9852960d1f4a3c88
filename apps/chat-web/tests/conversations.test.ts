/** What frames change about a conversation, and how the list orders, words and searches them. */
import { expect, test } from 'vitest'
import { applyEntry, applyHead, applyRead, describe, partner, readByAll, resumeAt, unread } from '../src/features/conversations/conversation'
import { moved, newestFirst, search, titleOf, unreadTotal } from '../src/features/conversations/list'
import { logOf } from '../src/features/messages/log'
import { body, bob, BOB, CONV, conversation, entries, entry, eve, EVE, id, LOBBY, ME, me, member, OTHER, seqs } from './support/samples'

const people = new Map([me, bob, eve].map((one) => [one.id, one]))
const log = logOf({ epoch: 1, head: 4, items: entries(1, 4) })

test('a new description keeps what is loaded, and neither head, mark nor last entry goes back', () => {
  const known = conversation({ head: 9, read: 7, last: entry(9), log, reads: { [BOB]: 5 } })
  const next = describe(body({ title: 'New', head: 8, read: 3, last: entry(8) }), known)
  expect(next).toMatchObject({ title: 'New', head: 9, read: 7, last: { seq: 9 }, log, reads: { [BOB]: 5 } })
})

test('another epoch drops the copy', () => {
  const known = conversation({ head: 9, read: 9, last: entry(9), log })
  expect(applyHead(known, { conv: CONV, epoch: 2, head: 5, read: 4 })).toMatchObject({ epoch: 2, head: 5, read: 4, log: null, last: null })
})

test('an entry moves head and last, and mine moves my mark', () => {
  const known = conversation({ head: 4, read: 2, log })
  expect(applyEntry(known, entry(5), ME)).toMatchObject({ head: 5, read: 2, last: { seq: 5 } })
  expect(applyEntry(known, entry(5, { from: ME }), ME)).toMatchObject({ head: 5, read: 5 })
})

test('an old entry and one of an old epoch change neither head nor last', () => {
  const known = conversation({ epoch: 2, head: 4, last: { ...entry(4), epoch: 2 } })
  expect(applyEntry(known, { ...entry(3), epoch: 2 }, ME)).toMatchObject({ head: 4, last: { seq: 4 } })
  expect(applyEntry(known, entry(9), ME)).toBe(known)
})

test('membership follows the log', () => {
  const known = conversation({ kind: 'group', members: [ME, BOB] })
  const joined = applyEntry(known, member(1, { change: 'joined', user: EVE }), ME)
  expect(joined.members).toEqual([ME, BOB, EVE])
  expect(applyEntry(joined, member(2, { change: 'removed', user: BOB }), ME).members).toEqual([ME, EVE])
  expect(applyEntry(joined, member(2, { change: 'joined', user: EVE }), ME).members).toEqual([ME, BOB, EVE])
})

test('marks only move forward', () => {
  const known = applyRead(applyRead(conversation({ read: 5 }), ME, 3, ME), BOB, 4, ME)
  expect([known.read, applyRead(known, BOB, 2, ME).reads]).toEqual([5, { [BOB]: 4 }])
})

test('it is resumed where the loaded part ends, else at the last known entry, else at the head', () => {
  expect(resumeAt(conversation({ head: 9, last: entry(8), log }))).toEqual([1, 4])
  expect(resumeAt(conversation({ head: 9, last: entry(8) }))).toEqual([1, 8])
  expect(resumeAt(conversation({ head: 9 }))).toEqual([1, 9])
})

test('unread is what lies between mark and head, and never negative', () => {
  expect([unread({ conv: CONV, epoch: 1, head: 9, read: 4 }), unread({ conv: CONV, epoch: 1, head: 3, read: 4 })]).toEqual([5, 0])
})

test('read by all means by everybody else, and is not told in the lobby', () => {
  const group = conversation({ kind: 'group', members: [ME, BOB, EVE], reads: { [BOB]: 5, [EVE]: 4 } })
  expect([readByAll(group, 4, ME), readByAll(group, 5, ME)]).toEqual([true, false])
  expect(readByAll({ ...group, kind: 'lobby' }, 1, ME)).toBe(false)
  expect(readByAll({ ...group, members: [ME] }, 1, ME)).toBe(false)
})

test('only a direct conversation has a partner', () => {
  expect(partner(body(), ME)).toBe(BOB)
  expect(partner(body({ kind: 'group' }), ME)).toBeNull()
  expect(partner(body({ members: [ME] }), ME)).toBeNull()
})

test('the list is newest first; one without entries stands where it was created', () => {
  const created = (at: string) => Date.parse(at).toString(16).padStart(12, '0').replace(/(.{8})(.{4})/, '$1-$2-7000-8000-000000000000')
  const fresh = created('2026-11-24T09:02:30Z')
  const all = [
    conversation({ conv: CONV, last: entry(1) }),
    conversation({ conv: OTHER, last: entry(4) }),
    conversation({ conv: fresh }),
    conversation({ conv: LOBBY, last: null }),
  ]
  const ordered = newestFirst(new Map(all.map((one) => [one.conv, one])))
  expect(ordered.map(({ conv }) => conv)).toEqual([OTHER, fresh, CONV, LOBBY])
})

test('a conversation is called by its title, else by the other person, else by everybody else', () => {
  expect(titleOf(conversation({ title: 'Team' }), people, ME)).toBe('Team')
  expect(titleOf(conversation(), people, ME)).toBe('Bob')
  expect(titleOf(conversation({ members: [ME, EVE] }), people, ME)).toBe('eve@example.org')
  expect(titleOf(conversation({ kind: 'group', members: [ME, BOB, EVE] }), people, ME)).toBe('Bob, eve@example.org')
  expect(titleOf(conversation({ members: [ME, id(99)] }), people, ME)).toBe('…')
})

test('every typed word must be in the title, whatever the case', () => {
  const list = ['Weekly plan', 'Plan B', 'Other'].map((title) => conversation({ title }))
  const found = (typed: string) => search(list, typed, ({ title }) => title ?? '').map(({ title }) => title)
  expect(found(' PLAN ')).toEqual(['Weekly plan', 'Plan B'])
  expect(found('plan week')).toEqual(['Weekly plan'])
  expect(found('  ')).toHaveLength(3)
})

test('arrow keys, Home and End move in the list and stop at its ends', () => {
  expect([moved('ArrowDown', 0, 3), moved('ArrowDown', 2, 3), moved('ArrowUp', 0, 3), moved('Home', 2, 3), moved('End', 0, 3)]).toEqual([1, 2, 0, 0, 2])
  expect([moved('ArrowDown', -1, 3), moved('x', 0, 3), moved('End', 0, 0)]).toEqual([0, null, null])
})

test('the number of the window is that of all conversations', () => {
  const all = [conversation({ head: 5, read: 3 }), conversation({ conv: OTHER, head: 4, read: 0 })]
  expect(unreadTotal(new Map(all.map((one) => [one.conv, one])))).toBe(6)
  expect(seqs(log.entries)).toEqual([1, 2, 3, 4])
})
