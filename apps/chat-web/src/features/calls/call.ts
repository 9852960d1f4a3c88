/**
 * What a snapshot of a call means for this tab: whether it rings here, goes on here, or goes on elsewhere.
 *
 * A snapshot counts if its `rev` is newer than what is known of its conversation; nothing else decides. Next: edges.ts says
 * whom a joined call connects, calls.ts hands snapshots on.
 */
import type { CallMember, CallReason, Entry, Id, Snapshot } from '../../protocol'

/** A snapshot, and the moment (ms of a steady clock) from which it no longer rings. */
export interface KnownCall extends Snapshot {
  until: number
}

export type LiveCalls = ReadonlyMap<Id, KnownCall>

/** This account and this tab. */
export interface Self {
  me: Id
  party: Id
}

/**
 * `ringing`: it wants an answer here. `calling`: I called, and nobody has joined yet. `active`: I am in it in this tab.
 * `elsewhere`: I am in it with another tab or device. `open`: it goes on without me, and I may join. `over`: it has ended.
 */
export type Stage = 'ringing' | 'calling' | 'active' | 'elsewhere' | 'open' | 'over'

/** The calls with one more snapshot; the same calls if it is not newer, or of a time before its call is known to have ended. */
export function withSnapshot(calls: LiveCalls, snapshot: Snapshot, now: number): LiveCalls {
  const known = calls.get(snapshot.conv)
  if (known && (known.rev >= snapshot.rev || (hasEnded(known) && known.call === snapshot.call && snapshot.state !== 'ended'))) return calls
  return new Map(calls).set(snapshot.conv, { ...snapshot, until: now + snapshot.ring_ms })
}

/** The calls after a greeting, which names all that are live: one that is not among them has ended while nobody told. */
export function afterGreeting(calls: LiveCalls, live: readonly Snapshot[], now: number): LiveCalls {
  const named = new Set(live.map(({ call }) => call))
  const lost = [...calls.values()].filter(({ call, state }) => state !== 'ended' && !named.has(call))
  const ended = lost.map((one): KnownCall => ({ ...one, state: 'ended' }))
  return live.reduce((all, snapshot) => withSnapshot(all, snapshot, now), ended.length ? new Map([...calls, ...ended.map((one) => [one.conv, one] as const)]) : calls)
}

/** With its reason: without one it is only missing, and may be named again. */
const hasEnded = ({ state, reason }: Snapshot): boolean => state === 'ended' && reason !== undefined

/** The calls with one more entry of a log: the call that it records is over, whoever missed to be told. */
export function withRecord(calls: LiveCalls, entry: Entry): LiveCalls {
  const known = calls.get(entry.conv)
  if (entry.kind !== 'call' || !known || known.call !== entry.id || known.from !== entry.from || hasEnded(known)) return calls
  const { reason, members } = entry.meta
  const over: KnownCall = { ...known, state: 'ended', reason, members }
  // Whose doing the newest known change was says nothing of the end.
  delete over.by
  return new Map(calls).set(entry.conv, over)
}

export const memberOf = ({ members }: Snapshot, user: Id): CallMember | undefined => members.find((member) => member.user === user)

export const isPending = (member: CallMember | undefined): boolean => member?.st === 'invited' || member?.st === 'ringing'

export function stageOf(call: KnownCall, { me, party }: Self, now: number): Stage {
  if (call.state === 'ended') return 'over'
  const mine = memberOf(call, me)
  if (mine?.st === 'joined') {
    if (mine.party !== party) return 'elsewhere'
    return call.state === 'ringing' ? 'calling' : 'active'
  }
  return isPending(mine) && now < call.until ? 'ringing' : 'open'
}

/** Whether the others hear it ring: then the caller may hear so. */
export const ringsThere = ({ members, from }: Snapshot): boolean => members.some(({ user, st }) => user !== from && st === 'ringing')

/** Why a call ended, for the card: who ended it matters only where it was a choice. */
export type Ending = 'by-me' | 'by-other' | 'left' | 'declined' | 'busy' | 'missed' | 'cancelled' | 'failed' | 'lost'

export function endingOf(call: Snapshot | undefined, me: Id): Ending {
  if (!call) return 'lost'
  const reason: CallReason | undefined = call.reason
  if (reason === 'failed' || reason === 'declined' || reason === 'busy' || reason === 'missed' || reason === 'cancelled') return reason
  if (call.state !== 'ended') return 'left'
  if (!call.by) return 'lost'
  return call.by.user === me ? 'by-me' : 'by-other'
}

/** How many may be in a call with each connected to each other. */
export const MESH_LIMIT = { video: 4, audio: 6 } as const

/** In larger groups there are no calls. */
export const CALL_MEMBERS = 32
