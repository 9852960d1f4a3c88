/**
 * How fast to send once the server has refused one as too many: three such refusals in 10 s close the connection.
 *
 * The budget is one for all conversations and devices of a person, so one refusal slows down everything that waits.
 */

/** Half of the five messages a second that the server takes, since other devices send too. */
const GAP_MS = 400
const LONGEST_GAP_MS = 3200
/** So long after a refusal, the budget is full again. */
const SLOW_MS = 10_000

export class Pace {
  private gap = GAP_MS
  private slowUntil = 0
  private ready = 0

  /** Before this time nothing may be sent. */
  get from(): number {
    return this.ready
  }

  sent(now: number): void {
    if (now < this.slowUntil) this.ready = now + this.gap
  }

  refused(now: number, waitMs: number): void {
    this.gap = now < this.slowUntil ? Math.min(LONGEST_GAP_MS, this.gap * 2) : GAP_MS
    this.slowUntil = now + SLOW_MS
    this.ready = now + waitMs
  }
}
