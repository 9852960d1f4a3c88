/**
 * The conversation as rows: one for each entry, with the day and the "New" line it begins and its place in a group.
 *
 * A row's key is the entry's id: an optimistic bubble becomes the stored one in place, and rows keep their identity when
 * older ones come before them, which is what keeps the view from jumping.
 */
import type { CallEntry, Entry, Id, MemberEntry, TextEntry } from '../../protocol'
import type { Unsent } from './outbox'

const GROUP_MS = 5 * 60_000

interface RowBase {
  key: Id
  at: number
  /** This row begins a day. */
  newDay: boolean
  /** This row is the first unread one. */
  firstUnread: boolean
}
export interface BubbleRow extends RowBase {
  kind: 'bubble'
  from: Id
  body: string
  mine: boolean
  /** First and last of a group: consecutive texts of one person within five minutes. */
  first: boolean
  last: boolean
  seq: number | null
  unsent: Unsent | null
}
export interface NoteRow extends RowBase {
  kind: 'note'
  entry: MemberEntry | CallEntry
}
export type Row = BubbleRow | NoteRow

export interface Written {
  entries: readonly Entry[]
  unsent: readonly Unsent[]
  me: Id
  /** The last entry that was read when the conversation was opened; null for no "New" line. */
  readTo: number | null
}

export function rowsOf({ entries, unsent, me, readTo }: Written): Row[] {
  const stored = new Set(entries.map(({ id }) => id))
  const waiting = unsent.filter(({ id }) => !stored.has(id))
  const rows = [...entries.map((entry) => rowOf(entry, me)), ...waiting.map((one) => waitingRow(one, me))]
  const firstUnread = readTo === null ? undefined : entries.find(({ seq, from }) => seq > readTo && from !== me)?.id
  return rows.map((row, index) => within(row, rows[index - 1], rows[index + 1], firstUnread))
}

const plain = { newDay: false, firstUnread: false }
const alone = { first: true, last: true }
const cache = new WeakMap<Entry, Row>()

function rowOf(entry: Entry, me: Id): Row {
  const known = cache.get(entry)
  if (known) return known
  const row = entry.kind === 'text' ? textRow(entry, me) : { ...plain, kind: 'note' as const, key: entry.id, at: Date.parse(entry.at), entry }
  cache.set(entry, row)
  return row
}

const textRow = ({ id, at, from, body, seq }: TextEntry, me: Id): BubbleRow => ({
  ...plain,
  ...alone,
  kind: 'bubble',
  key: id,
  at: Date.parse(at),
  from,
  body,
  mine: from === me,
  seq,
  unsent: null,
})

const waitingRow = (unsent: Unsent, me: Id): BubbleRow => ({
  ...plain,
  ...alone,
  kind: 'bubble',
  key: unsent.id,
  at: Date.parse(unsent.at),
  from: me,
  body: unsent.body,
  mine: true,
  seq: null,
  unsent,
})

function within(row: Row, before: Row | undefined, after: Row | undefined, firstUnreadId: Id | undefined): Row {
  const newDay = !before || dayOf(before.at) !== dayOf(row.at)
  const firstUnread = row.key === firstUnreadId
  if (row.kind === 'note') return { ...row, newDay, firstUnread }
  const first = newDay || firstUnread || !together(before, row)
  const last = !after || after.key === firstUnreadId || dayOf(after.at) !== dayOf(row.at) || !together(row, after)
  return { ...row, newDay, firstUnread, first, last }
}

const together = (one: Row | undefined, next: Row): boolean =>
  one?.kind === 'bubble' && next.kind === 'bubble' && one.from === next.from && next.at - one.at < GROUP_MS

/** A number that is the same for all moments of one local day. */
export function dayOf(at: number): number {
  const date = new Date(at)
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate()
}
