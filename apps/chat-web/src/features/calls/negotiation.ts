/**
 * Offers and answers of one edge: what to do with what the session says, as rules without I/O.
 *
 * The server lets the first of two simultaneous offers win (412 for the other), so nobody is polite or impolite: who loses
 * rolls back, reads, and answers. Numbers are the server's `offer_rev`. Next: edge.ts does what `nextStep` says.
 */
import type { CandidateBody, RtcDocument } from '../../protocol'

export interface Negotiation {
  /** The newest offer that was seen, 0 for none; an own offer is made in its place only. */
  known: number
  /** The own offer that has no answer yet. */
  ours: number | null
  /** The newest offer that is settled: answered by us, or ours and answered. */
  settled: number
  /** An own offer that is still to be made, and whether with new ICE credentials. */
  wanted: 'no' | 'offer' | 'restart'
}

export type NextStep =
  | { do: 'apply-answer'; sdp: string; offer: number }
  | { do: 'answer'; sdp: string; offer: number }
  | { do: 'offer'; restart: boolean; over: number }
  | { do: 'nothing' }

/** How the side begins that creates the session, and the one that waits for an offer. */
export const begin = (creates: boolean): Negotiation => ({ known: 0, ours: null, settled: 0, wanted: creates ? 'offer' : 'no' })

/**
 * After a reload in mid-call the session is still there, and our connection is not. An offer of the other side that waits
 * for an answer gets one; anything else is history, and we offer.
 */
export function resumed({ session: { offer }, sync }: RtcDocument, me: string): Negotiation {
  const waits = offer !== null && offer.from !== me && sync.answer_to !== offer.rev
  return { known: sync.offer_rev, ours: null, settled: waits ? offer.rev - 1 : sync.offer_rev, wanted: waits ? 'no' : 'offer' }
}

/** What comes next, given what the session says now; `me` is this side's address. */
export function nextStep(state: Negotiation, { session: { offer, answer } }: RtcDocument, me: string): NextStep {
  if (state.ours !== null && answer?.answer_to === state.ours && answer.from !== me) return { do: 'apply-answer', sdp: answer.sdp, offer: state.ours }
  if (offer && offer.from !== me && offer.rev > Math.max(state.settled, state.ours ?? 0)) return { do: 'answer', sdp: offer.sdp, offer: offer.rev }
  const over = Math.max(state.known, offer?.rev ?? 0)
  if (state.wanted !== 'no' && state.ours === null) return { do: 'offer', restart: state.wanted === 'restart', over }
  return { do: 'nothing' }
}

const seen = (state: Negotiation, rev: number): Negotiation => ({ ...state, known: Math.max(state.known, rev) })

/** Our offer is the session's; what was wanted is on its way. */
export const offered = (state: Negotiation, rev: number): Negotiation => ({ ...seen(state, rev), ours: rev, wanted: 'no' })

/** Somebody was faster (412): our offer is rolled back and no longer wanted, since answering renegotiates as well. */
export const outrun = (state: Negotiation): Negotiation => ({ ...state, ours: null, wanted: 'no' })

export const answered = (state: Negotiation, rev: number): Negotiation => ({ ...seen(state, rev), ours: null, settled: Math.max(state.settled, rev) })

/** Asks for an own offer as soon as none is under way. A restart is not weakened to a plain offer. */
export const wants = (state: Negotiation, restart: boolean): Negotiation => ({ ...state, wanted: restart || state.wanted === 'restart' ? 'restart' : 'offer' })

/** Our offer was lost with the network, or its answer was: it may be made anew. */
export const givenUp = (state: Negotiation): Negotiation => ({ ...state, ours: null })

/** Whether two descriptions come from one RTCPeerConnection: then `o=` names the same user and session (RFC 8829, 5.2.1). */
export function sameOrigin(one: string, other: string): boolean {
  const origin = (sdp: string) => /^o=(\S+ \S+)/m.exec(sdp)?.[1]
  return origin(one) === origin(other)
}

const fragments = (sdp: string): Set<string> => new Set([...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map(([, fragment = '']) => fragment))

/** Those of the other side's candidates that belong to the description in force, and those that must wait for theirs. */
export function sortCandidates(candidates: readonly CandidateBody[], remote: string | null): { now: CandidateBody[]; later: CandidateBody[] } {
  if (remote === null) return { now: [], later: [...candidates] }
  const current = fragments(remote)
  const fits = ({ usernameFragment }: CandidateBody) => !usernameFragment || current.has(usernameFragment)
  return { now: candidates.filter(fits), later: candidates.filter((one) => !fits(one)) }
}

/** How long a connection may be `disconnected` before it is restarted, and how long it may be gone at all. */
export const PATIENCE_MS = 3000
export const RESTART_AGAIN_MS = 8000
export const LOST_MS = 30_000

export type Ice = 'new' | 'checking' | 'connected' | 'completed' | 'disconnected' | 'failed' | 'closed'

/** Whether to restart ICE now: `since` is when the connection was lost, `last` when a restart was last begun. */
export function restartDue(ice: Ice, since: number | null, last: number, now: number): boolean {
  if (since === null || now - last < RESTART_AGAIN_MS) return false
  return ice === 'failed' || now - since >= PATIENCE_MS
}
