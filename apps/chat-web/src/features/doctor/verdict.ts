/** From what was seen with one relay server to what is wrong. Pure; docs/doctor.md explains each finding. */

/** How many relay addresses there were, which error codes (RFC 8656, or 701 for no answer), and whether a packet came back. */
export interface Sight {
  relays: number
  errors: readonly number[]
  returned: boolean
}

export type Finding = 'fine' | 'unreachable' | 'unauthorized' | 'quota-reached' | 'relay-failed'

/** What concerns no single server. */
export type Trouble = { is: 'no-url' } | { is: 'no-credentials' } | { is: 'clock-differs'; minutes: number }

export function findingOf({ relays, errors, returned }: Sight): Finding {
  if (returned) return 'fine'
  // With a relay address of one network an error on another one is no matter.
  if (relays > 0) return 'relay-failed'
  if (errors.includes(401)) return 'unauthorized'
  return errors.includes(486) ? 'quota-reached' : 'unreachable'
}

/** What may pass unnoticed between two clocks. */
const CLOCK_WINDOW_MS = 60_000

/** By how many minutes our clock differs from the server's, whose time was asked for between two moments; 0 for hardly. */
export function clockDifference(server: number, before: number, after: number): number {
  const apart = Math.max(before - server, server - after, 0)
  return apart > CLOCK_WINDOW_MS ? Math.round(apart / 60_000) : 0
}
