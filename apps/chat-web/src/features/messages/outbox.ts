/**
 * Messages that the server has not acknowledged: which one goes next, and what an answer means for it.
 *
 * A message keeps its id and its `after` through every retry; that is what makes sending it twice harmless. Per
 * conversation one is on its way at a time, so that the order of one's own messages survives errors.
 * Next: sending.ts sends them, keeping.ts carries them over a reload.
 */
import type { Cursor, Id, Problem } from '../../protocol'

export const MAX_CHARS = 8000
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

export interface Unsent {
  id: Id
  conv: Id
  after: Cursor
  body: string
  at: string
  /** `checking`: the cursor was stale; the log is searched for the message before it is sent anew. */
  state: 'queued' | 'sending' | 'checking' | 'failed'
  attempts: number
  /** Not to be sent before this time, in ms of the clock that `next` is asked with. */
  notBefore: number
  problem?: Problem
}

/** In the order in which send was pressed. */
export type Outbox = readonly Unsent[]

export const written = (id: Id, conv: Id, after: Cursor, body: string, at: string): Unsent => ({
  id,
  conv,
  after,
  body,
  at,
  state: 'queued',
  attempts: 0,
  notBefore: 0,
})

/** What may be sent now: of each conversation the oldest waiting one, unless one is on its way. */
export const next = (outbox: Outbox, now: number): Unsent[] => waiting(outbox).filter(({ notBefore }) => notBefore <= now)

/** When `next` will have something that is only waiting for time; null if nothing is. */
export function wakeAt(outbox: Outbox): number | null {
  const times = waiting(outbox).map(({ notBefore }) => notBefore)
  return times.length ? Math.min(...times) : null
}

/** Of each conversation the oldest that is not failed, where it is not on its way already. */
function waiting(outbox: Outbox): Unsent[] {
  const first = new Map<Id, Unsent>()
  for (const unsent of outbox) if (unsent.state !== 'failed' && !first.has(unsent.conv)) first.set(unsent.conv, unsent)
  return [...first.values()].filter(({ state }) => state === 'queued')
}

export const add = (outbox: Outbox, unsent: Unsent): Outbox => (outbox.some(({ id }) => id === unsent.id) ? outbox : [...outbox, unsent])

export const without = (outbox: Outbox, id: Id): Outbox => (outbox.some((unsent) => unsent.id === id) ? outbox.filter((unsent) => unsent.id !== id) : outbox)

export const sending = (outbox: Outbox, id: Id): Outbox =>
  change(outbox, id, (unsent) => ({ ...unsent, state: 'sending', attempts: unsent.attempts + 1 }))

/** No answer came: it may or may not be stored. It is sent again as it is. */
export const unanswered = (outbox: Outbox, id: Id): Outbox =>
  change(outbox, id, (unsent) => (unsent.state === 'sending' ? { ...unsent, state: 'queued' } : unsent))

/** The server said no. What can pass is tried again later, the rest is shown as failed. */
export function refused(outbox: Outbox, id: Id, problem: Problem, now: number): Outbox {
  return change(outbox, id, (unsent) => {
    if (problem.status === 409 && problem.type.endsWith('/stale-cursor')) return { ...unsent, state: 'checking' }
    if (problem.status === 429 || problem.status >= 500) return { ...unsent, state: 'queued', notBefore: now + pause(unsent, problem) }
    return { ...unsent, state: 'failed', problem }
  })
}

const pause = ({ attempts }: Unsent, { retry_after_ms }: Problem): number =>
  retry_after_ms ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1))

/** The log does not hold it: it starts anew from where the log ends. */
export const restarted = (outbox: Outbox, id: Id, after: Cursor): Outbox =>
  change(outbox, id, (unsent) => ({ ...unsent, state: 'queued', after }))

/** The person pressed Retry on a failed one: it starts over with the same id and `after`. */
export const retried = (outbox: Outbox, id: Id): Outbox =>
  change(outbox, id, (unsent) =>
    unsent.state === 'failed' ? written(id, unsent.conv, unsent.after, unsent.body, unsent.at) : unsent,
  )

function change(outbox: Outbox, id: Id, edit: (unsent: Unsent) => Unsent): Outbox {
  return outbox.map((unsent) => (unsent.id === id ? edit(unsent) : unsent))
}

/** Characters as the server counts them (code points), so that an emoji is one. */
export const length = (body: string): number => Array.from(body).length
