/**
 * The loaded part of one conversation's log: a run without holes, and what arrived ahead of it.
 *
 * Entries are numbered densely by the server, so a number alone tells a duplicate, the next entry and a gap apart.
 * Next: conversations/conversation.ts keeps one of these for each conversation; history.ts loads more and repairs gaps.
 */
import type { Cursor, Entry, Page } from '../../protocol'

export interface Log {
  epoch: number
  /** The number before the first loaded entry; 0 when the beginning is loaded. */
  base: number
  /** Numbers base + 1, base + 2, … */
  entries: readonly Entry[]
  /** Entries beyond a gap, ascending: an ack may overtake the pushes before it. */
  ahead: readonly Entry[]
}

/** The log that one page holds, the newest one as a rule. */
export function logOf(page: Page): Log {
  const base = (page.items[0]?.seq ?? page.head + 1) - 1
  return { epoch: page.epoch, base, entries: page.items, ahead: [] }
}

/** The number of the last entry before the first gap. */
export const lastSeq = (log: Log): number => log.base + log.entries.length

export const cursorOf = (log: Log): Cursor => [log.epoch, lastSeq(log)]

export const hasGap = (log: Log): boolean => log.ahead.length > 0

/** The log with one more entry. The same object if the entry is already there. */
export function place(log: Log, entry: Entry): Log {
  if (entry.seq <= lastSeq(log) || log.ahead.some(({ seq }) => seq === entry.seq)) return log
  return closeGap({ ...log, ahead: [...log.ahead, entry].sort((a, b) => a.seq - b.seq) })
}

/** Any number of entries in ascending order, such as a page of a repair. */
export function placeAll(log: Log, entries: readonly Entry[]): Log {
  const fresh = entries.filter(({ seq }) => seq > lastSeq(log))
  const known = new Set(fresh.map(({ seq }) => seq))
  const ahead = [...fresh, ...log.ahead.filter(({ seq }) => !known.has(seq))].sort((a, b) => a.seq - b.seq)
  return fresh.length ? closeGap({ ...log, ahead }) : log
}

function closeGap(log: Log): Log {
  let next = lastSeq(log) + 1
  const joining: Entry[] = []
  for (const entry of log.ahead) {
    if (entry.seq !== next) break
    joining.push(entry)
    next++
  }
  if (!joining.length) return log
  return { ...log, entries: [...log.entries, ...joining], ahead: log.ahead.slice(joining.length) }
}

/** The log with older entries before it; entries that do not end right before it are not taken. */
export function prepend(log: Log, page: Page): Log {
  const older = page.items.filter(({ seq }) => seq <= log.base)
  const fits = page.epoch === log.epoch && older.at(-1)?.seq === log.base
  return fits ? { ...log, base: log.base - older.length, entries: [...older, ...log.entries] } : log
}
