/**
 * When to connect, greet, wait and give up: the rules of protocol.md 2.5 as a state machine without I/O.
 *
 * `step` takes a state and an event and returns the next state and what to do; socket.ts does it.
 */

export const SILENCE_MS = 40_000
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 30_000
const ABUSE_PAUSE_MS = 30_000

export type Connection =
  | { phase: 'connecting'; attempt: number; since: number }
  | { phase: 'greeting'; attempt: number; heard: number }
  | { phase: 'live'; attempt: number; synced: boolean; heard: number; reconnectMs?: number }
  | { phase: 'waiting'; attempt: number; until: number; asked: boolean }
  | { phase: 'stopped'; reason: 'elsewhere' | 'signed-out' | 'outdated' }

export type ConnectionEvent =
  | { type: 'opened' }
  | { type: 'greeted' }
  | { type: 'heard' }
  | { type: 'synced' }
  | { type: 'bye'; reconnectMs: number }
  | { type: 'closed'; code: number; retryAfterMs?: number }
  | { type: 'awake' }
  | { type: 'retry' }
  | { type: 'take-over' }
  | { type: 'tick' }

export type Effect = 'open' | 'greet' | 'drop' | 'new-party' | 'sign-in'
export type Step = [next: Connection, effects: Effect[]]

/** Now in ms of any steady clock, and a number in [0, 1). */
export interface Chance {
  now: number
  random: number
}

export const begin = (now: number): Step => [{ phase: 'connecting', attempt: 0, since: now }, ['open']]

export function step(state: Connection, event: ConnectionEvent, chance: Chance): Step {
  switch (event.type) {
    case 'opened':
      return state.phase === 'connecting' ? [{ phase: 'greeting', attempt: state.attempt, heard: chance.now }, ['greet']] : [state, []]
    case 'greeted':
      return state.phase === 'greeting' ? [{ phase: 'live', attempt: state.attempt, synced: false, heard: chance.now }, []] : [state, []]
    case 'heard':
      return 'heard' in state ? [{ ...state, heard: chance.now }, []] : [state, []]
    case 'synced':
      // Only now: a server that greets and breaks again and again must not be asked twice a second.
      return state.phase === 'live' ? [{ ...state, attempt: 0, synced: true }, []] : [state, []]
    case 'bye':
      return state.phase === 'live' ? [{ ...state, reconnectMs: event.reconnectMs }, []] : [state, []]
    case 'closed':
      return closed(state, event, chance)
    case 'awake':
    case 'retry':
      return hurry(state, event.type, chance.now)
    case 'take-over':
      return state.phase === 'stopped' && state.reason === 'elsewhere' ? [begin(chance.now)[0], ['new-party', 'open']] : [state, []]
    case 'tick':
      return tick(state, chance)
  }
}

function closed(state: Connection, { code, retryAfterMs }: { code: number; retryAfterMs?: number }, chance: Chance): Step {
  if (state.phase === 'stopped' || state.phase === 'waiting') return [state, []]
  const stopped = STOPS[code]
  if (stopped) return [{ phase: 'stopped', reason: stopped }, stopped === 'signed-out' ? ['sign-in'] : []]
  if (code === 4429) return wait(0, Math.max(ABUSE_PAUSE_MS, retryAfterMs ?? 0), chance, true)
  if (state.phase === 'live' && state.reconnectMs !== undefined) return wait(0, state.reconnectMs, chance, true)
  return wait(state.attempt + 1, backoff(state.attempt, chance.random), chance, false)
}

const STOPS: Partial<Record<number, 'elsewhere' | 'signed-out' | 'outdated'>> = {
  4400: 'outdated',
  4401: 'signed-out',
  4406: 'outdated',
  4409: 'elsewhere',
}

/** Full jitter: anything from nothing to 0.5 s * 2^attempt, at most 30 s. */
export const backoff = (attempt: number, random: number): number =>
  random * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt)

// A pause that the server asked for (`asked`) is not cut short by a network change.
const wait = (attempt: number, ms: number, { now }: Chance, asked: boolean): Step => [
  { phase: 'waiting', attempt, until: now + ms, asked },
  [],
]

function hurry(state: Connection, why: 'awake' | 'retry', now: number): Step {
  if (state.phase !== 'waiting' || (why === 'awake' && state.asked)) return [state, []]
  return [{ phase: 'connecting', attempt: why === 'retry' ? state.attempt : 0, since: now }, ['open']]
}

function tick(state: Connection, chance: Chance): Step {
  const { now } = chance
  if (state.phase === 'waiting' && now >= state.until) return [{ phase: 'connecting', attempt: state.attempt, since: now }, ['open']]
  const silentSince = state.phase === 'connecting' ? state.since : 'heard' in state ? state.heard : now
  if (now - silentSince < SILENCE_MS) return [state, []]
  const [next, effects] = closed(state, { code: 1006 }, chance)
  return [next, ['drop', ...effects]]
}
