/**
 * Gathers the own ICE candidates into few requests: the first after 200 ms, later ones at most every 500 ms, the end at once.
 *
 * Without I/O and clock: edge.ts asks `due` and sends what `take` gives.
 */

export const FIRST_MS = 200
export const NEXT_MS = 500
/** How many the server takes in one request. */
export const BATCH = 32

export interface OwnCandidate {
  /** Empty for the end of candidates. */
  candidate: string
  sdpMid: string | null
  sdpMLineIndex: number | null
  usernameFragment: string | null
}

export class Trickle {
  private waiting: OwnCandidate[] = []
  private firstAt = 0
  private sentAt = -Infinity

  put(candidate: OwnCandidate, now: number): void {
    if (!this.waiting.length) this.firstAt = now
    this.waiting.push(candidate)
  }

  /** When the next batch is to go; null if there is none. */
  due(now: number): number | null {
    if (!this.waiting.length) return null
    const ended = this.waiting.some(({ candidate }) => candidate === '')
    return ended || this.waiting.length >= BATCH ? now : Math.max(this.firstAt + FIRST_MS, this.sentAt + NEXT_MS)
  }

  take(now: number): OwnCandidate[] {
    this.sentAt = now
    return this.waiting.splice(0, BATCH)
  }

  /** Of a batch that did not arrive: it goes first next time. */
  back(batch: OwnCandidate[], now: number): void {
    this.firstAt = now
    this.waiting.unshift(...batch)
  }
}
