/**
 * What the client knows of one conversation, and how pushed frames change it.
 *
 * Next: list.ts orders and words them for the list; app/state.ts holds them all.
 */
import type { ConversationBody, Cursor, Entry, Head, Id } from '../../protocol'
import { cursorOf, place, type Log } from '../messages/log'

export interface Conversation extends ConversationBody {
  /** Null until it was opened, and again when the copy had to be dropped. */
  log: Log | null
  /** The server could not send everything: the log must be read on before it is shown as complete. */
  behind: boolean
  /** How far others have read, where that is told. */
  reads: Readonly<Record<Id, number>>
}

/** A conversation as the server describes it, keeping what was loaded of it before. */
export function describe(body: ConversationBody, known?: Conversation): Conversation {
  if (!known) return { ...body, log: null, behind: false, reads: {} }
  const merged = applyHead(known, body)
  const last = body.last && body.last.seq >= (merged.last?.seq ?? 0) ? body.last : merged.last
  return { ...merged, kind: body.kind, title: body.title, members: body.members, last }
}

/** With a newer head, as a greeting, `behind` or a description tells it. Another epoch drops the copy. */
export function applyHead(known: Conversation, head: Head): Conversation {
  if (head.epoch !== known.epoch) return { ...known, epoch: head.epoch, head: head.head, read: head.read, log: null, last: null }
  return { ...known, head: Math.max(known.head, head.head), read: Math.max(known.read, head.read) }
}

/** With one more entry of the log: pushed, acknowledged or replayed. */
export function applyEntry(known: Conversation, entry: Entry, me: Id): Conversation {
  if (entry.epoch < known.epoch) return known
  const own = applyHead(known, { conv: known.conv, epoch: entry.epoch, head: entry.seq, read: entry.from === me ? entry.seq : 0 })
  const last = entry.seq > (own.last?.seq ?? 0) ? entry : own.last
  return { ...own, last, members: membersAfter(own.members, entry), log: own.log && place(own.log, entry) }
}

function membersAfter(members: Id[], entry: Entry): Id[] {
  if (entry.kind !== 'member') return members
  const others = members.filter((member) => member !== entry.meta.user)
  return entry.meta.change === 'joined' ? [...others, entry.meta.user] : others
}

/** With a read mark of mine or of somebody else; marks only ever move forward. */
export function applyRead(known: Conversation, user: Id, seq: number, me: Id): Conversation {
  if (user === me) return { ...known, read: Math.max(known.read, seq) }
  return { ...known, reads: { ...known.reads, [user]: Math.max(known.reads[user] ?? 0, seq) } }
}

/** From where to resume: what is loaded, else what the list knows. */
export const resumeAt = (known: Conversation): Cursor => (known.log ? cursorOf(known.log) : [known.epoch, known.last?.seq ?? known.head])

export const unread = ({ head, read }: Head): number => Math.max(0, head - read)

/** The other person of a direct conversation; null elsewhere. */
export const partner = ({ kind, members }: ConversationBody, me: Id): Id | null =>
  kind === 'direct' ? (members.find((member) => member !== me) ?? null) : null

/** Whether everybody else is known to have read up to an entry. */
export function readByAll({ kind, members, reads }: Conversation, seq: number, me: Id): boolean {
  const others = members.filter((member) => member !== me)
  return kind !== 'lobby' && others.length > 0 && others.every((other) => (reads[other] ?? 0) >= seq)
}
