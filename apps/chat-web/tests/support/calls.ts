/** Snapshots of calls, and a session as rtc-service keeps it, in memory. */
import type { KnownCall, Self } from '../../src/features/calls/call'
import { Failure } from '../../src/http'
import type { CallEntry, CallMember, RtcDocument, Snapshot } from '../../src/protocol'
import { BOB, CONV, EVE, id, ME } from './samples'
import { problem } from './server'

export const CALL = id(0xca)
export const PARTY = id(0xf0)
export const OTHER_PARTY = id(0xf1)
export const SELF: Self = { me: ME, party: PARTY }

export const at = (user: string, st: CallMember['st'], n?: number, party = PARTY): CallMember => ({ user, st, ...(n !== undefined && { n, party }) })

export const snapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  call: CALL,
  conv: CONV,
  rev: 10,
  state: 'ringing',
  media: 'video',
  from: BOB,
  ring_ms: 60_000,
  members: [at(BOB, 'joined', 1, OTHER_PARTY), at(ME, 'invited')],
  ...changes,
})

export const known = (changes: Partial<KnownCall> = {}): KnownCall => ({ ...snapshot(changes), until: 60_000, ...changes })

/** Bob called, I answered here, Eve came later. */
export const trio = (changes: Partial<Snapshot> = {}): Snapshot =>
  snapshot({ state: 'active', session: 's-1', members: [at(BOB, 'joined', 1, OTHER_PARTY), at(ME, 'joined', 2), at(EVE, 'joined', 3, id(0xf2))], ...changes })

/** What the log keeps of Bob's call, which I missed. */
export const callEntry = (changes: Partial<CallEntry> = {}): CallEntry => ({
  conv: CONV,
  epoch: 1,
  seq: 5,
  id: CALL,
  from: BOB,
  at: '2026-11-24T09:18:20.123Z',
  kind: 'call',
  meta: { media: 'video', from: BOB, reason: 'missed', duration_ms: 0, members: [at(BOB, 'left', 1), at(ME, 'missed')] },
  ...changes,
})

/** One session: the first of two simultaneous offers wins, an answer belongs to the offer that is in force. */
export class SessionServer {
  readonly document: RtcDocument = {
    session: { id: 's-1', initiator: 'ann@example.org', peer: 'bob@example.org', call_id: CALL, created_at: '2026-11-24T09:18:20.123Z', offer: null, answer: null, candidates: [] },
    sync: { rev: 1, offer_rev: 0, answer_rev: 0, answer_to: 0, next: 0, expires_ms: 900_000 },
  }

  read(): RtcDocument {
    return structuredClone(this.document)
  }

  /** Throws 412. */
  offer(from: string, sdp: string, over: number): RtcDocument {
    const { session, sync } = this.document
    if (sync.offer_rev !== over) throw new Failure(problem(412, 'precondition-failed'))
    sync.rev++
    session.offer = { from, sdp, rev: ++sync.offer_rev }
    return this.read()
  }

  /** Throws 409. */
  answer(from: string, sdp: string, offer: number): RtcDocument {
    const { session, sync } = this.document
    if (sync.offer_rev !== offer) throw new Failure(problem(409, 'stale-offer'))
    sync.rev++
    sync.answer_to = offer
    session.answer = { from, sdp, rev: ++sync.answer_rev, answer_to: offer }
    return this.read()
  }
}
