/** The conversation as rows: days, groups, the "New" line, and what is not sent yet. */
import { expect, test } from 'vitest'
import { dayOf, rowsOf, type Row } from '../src/features/messages/rows'
import { entries, entry, EVE, id, ME, member, unsent } from './support/samples'

const rows = (written: Partial<Parameters<typeof rowsOf>[0]>): Row[] => rowsOf({ entries: [], unsent: [], me: ME, readTo: null, ...written })
const time = (hour: number, minute: number, second = 0, day = 24) => new Date(2026, 10, day, hour, minute, second).toISOString()
const marks = (list: Row[]) => list.map((row) => (row.kind === 'note' ? '-' : `${row.first ? '(' : ''}${row.last ? ')' : ''}`))

test('consecutive texts of one person within five minutes are one group', () => {
  const list = [entry(1, { at: time(9, 0) }), entry(2, { at: time(9, 4, 59) }), entry(3, { at: time(9, 9, 59) }), entry(4, { at: time(9, 10), from: EVE })]
  expect(marks(rows({ entries: list }))).toEqual(['(', ')', '()', '()'])
})

test('a note ends a group', () => {
  const at = time(9, 0)
  const list = [entry(1, { at }), { ...member(2, { change: 'joined', user: EVE }), at }, entry(3, { at })]
  expect(marks(rows({ entries: list }))).toEqual(['()', '-', '()'])
})

test('each local day begins with a separator and a group of its own', () => {
  const list = [entry(1, { at: time(23, 58) }), entry(2, { at: time(23, 59) }), entry(3, { at: time(0, 1, 0, 25) })]
  const drawn = rows({ entries: list })
  expect(drawn.map(({ newDay }) => newDay)).toEqual([true, false, true])
  expect(marks(drawn)).toEqual(['(', ')', '()'])
})

test('the New line is at the first unread entry of somebody else, and begins a group', () => {
  const at = time(9, 0)
  const list = [entry(1, { at }), entry(2, { at, from: ME }), entry(3, { at }), entry(4, { at })]
  const drawn = rows({ entries: list, readTo: 1 })
  expect(drawn.map(({ firstUnread }) => firstUnread)).toEqual([false, false, true, false])
  const inGroup = rows({ entries: entries(1, 3).map((one) => ({ ...one, at })), readTo: 1 })
  expect(marks(inGroup)).toEqual(['()', '(', ')'])
})

test('there is no New line where all is read, or none is wanted', () => {
  for (const readTo of [3, null]) expect(rows({ entries: entries(1, 3), readTo }).some(({ firstUnread }) => firstUnread)).toBe(false)
})

test('what is not sent yet stands last and keeps its key when it is stored', () => {
  const waiting = unsent(1)
  const [before] = rows({ unsent: [waiting] })
  expect(before).toMatchObject({ key: waiting.id, mine: true, seq: null, unsent: waiting, body: waiting.body })
  const stored = rows({ entries: [entry(1, { id: waiting.id, from: ME })], unsent: [waiting] })
  expect(stored).toHaveLength(1)
  expect(stored[0]).toMatchObject({ key: waiting.id, seq: 1, unsent: null })
})

test('older entries before them change no key', () => {
  const keys = (list: Row[]) => list.map(({ key }) => key)
  expect(keys(rows({ entries: entries(1, 9) })).slice(4)).toEqual(keys(rows({ entries: entries(5, 9) })))
})

test('a day is the same number from midnight to midnight', () => {
  expect(dayOf(new Date(2026, 0, 31, 0, 0).getTime())).toBe(dayOf(new Date(2026, 0, 31, 23, 59, 59).getTime()))
  expect(dayOf(new Date(2026, 0, 31).getTime())).not.toBe(dayOf(new Date(2026, 1, 1).getTime()))
  expect(rows({ entries: [entry(1, { id: id(5) })] })[0]?.key).toBe(id(5))
})
