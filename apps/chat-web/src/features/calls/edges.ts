/**
 * Whom this tab is connected to in a call: one edge for each other joined member.
 *
 * The earlier joiner creates the session and offers. Join numbers come from the server, so both sides agree. Next: edge.ts.
 */
import type { Id, Snapshot } from '../../protocol'
import { memberOf, type Self } from './call'

export interface EdgePlan {
  /** The same as long as neither side has joined anew. */
  key: string
  peer: Id
  /** Whether the session is for this side to create. */
  creates: boolean
  /** Of the request that creates it: a repetition gets the same session. */
  idempotencyKey: string
  /** The session that the caller has prepared before anybody joined, where this edge is the one it was made for. */
  prepared: string | null
}

/** The edges that a snapshot asks this tab for: none unless it has joined. */
export function edgesOf(call: Snapshot, { me, party }: Self): EdgePlan[] {
  const mine = memberOf(call, me)
  const own = mine?.n
  if (call.state === 'ended' || mine?.st !== 'joined' || mine.party !== party || own === undefined) return []
  return call.members
    .filter(({ user, st, n }) => user !== me && st === 'joined' && n !== undefined)
    .map(({ user, n = 0 }) => ({
      key: `${user}:${own}:${n}`,
      peer: user,
      creates: own < n,
      idempotencyKey: `${call.call}:${own}:${n}`,
      prepared: preparedFor(call, Math.min(own, n), Math.max(own, n)),
    }))
}

/** It was made by the caller for the one who was called: the first two to join. Whoever joins anew needs another. */
const preparedFor = ({ session }: Snapshot, earlier: number, later: number): string | null => (earlier === 1 && later === 2 ? (session ?? null) : null)
