/**
 * What the browser's statistics say in words: which way the media goes, how good it is, how loud somebody is.
 *
 * Takes the dictionaries of webrtc-stats as plain objects. Next: peer.ts reads them every other second.
 */

export type Path = 'direct' | 'relay-udp' | 'relay-tcp' | 'relay-tls' | 'relay' | 'unknown'
export type Grade = 'good' | 'fair' | 'poor' | 'unknown'

export interface Quality {
  path: Path
  grade: Grade
  /** Share of packets that were lost in the last interval, and since the beginning, in 0..1. */
  loss: number
  lossAll: number
  /** Round trip in ms. */
  rtt: number | null
}

export const UNKNOWN: Quality = { path: 'unknown', grade: 'unknown', loss: 0, lossAll: 0, rtt: null }

/** Sums over all that is received, as they stand in the counters. */
export interface Counters {
  lost: number
  received: number
}

/** A member of RTCStatsReport, as far as it is read here. */
export interface Stat {
  id: string
  type: string
  [member: string]: unknown
}

const text = (stat: Stat | undefined, member: string): string | undefined => (typeof stat?.[member] === 'string' ? stat[member] : undefined)
const number = (stat: Stat | undefined, member: string): number | undefined => (typeof stat?.[member] === 'number' ? stat[member] : undefined)

/** The candidate pair that is in use: the transport names it. */
function selectedPair(stats: readonly Stat[]): Stat | undefined {
  const named = stats.find(({ type }) => type === 'transport')
  const id = text(named, 'selectedCandidatePairId')
  return stats.find((one) => one.id === id) ?? stats.find((one) => one.type === 'candidate-pair' && one['nominated'] === true && one['state'] === 'succeeded')
}

export function pathOf(stats: readonly Stat[]): Path {
  const pair = selectedPair(stats)
  const local = stats.find(({ id }) => id === text(pair, 'localCandidateId'))
  const remote = stats.find(({ id }) => id === text(pair, 'remoteCandidateId'))
  if (!local || !remote) return 'unknown'
  if (text(local, 'candidateType') === 'relay') return relayOf(text(local, 'relayProtocol'))
  // How the other side reaches its relay is not told.
  return text(remote, 'candidateType') === 'relay' ? 'relay' : 'direct'
}

const relayOf = (protocol: string | undefined): Path => (protocol === 'udp' || protocol === 'tcp' || protocol === 'tls' ? `relay-${protocol}` : 'relay')

export function countersOf(stats: readonly Stat[]): Counters {
  const received = stats.filter(({ type }) => type === 'inbound-rtp')
  const sum = (member: string) => received.reduce((all, one) => all + (number(one, member) ?? 0), 0)
  return { lost: Math.max(0, sum('packetsLost')), received: sum('packetsReceived') }
}

const share = ({ lost, received }: Counters): number => (lost + received > 0 ? lost / (lost + received) : 0)

/** Losses that speech bears without gaps, and up to which a picture stays usable; round trips that are not noticed, and not a bother. */
const GOOD = { loss: 0.02, rtt: 250 }
const FAIR = { loss: 0.08, rtt: 600 }

/** The quality of the interval between two readings. */
export function qualityOf(stats: readonly Stat[], before: Counters): Quality {
  const counters = countersOf(stats)
  // After a restart counters may begin anew.
  const since = { lost: Math.max(0, counters.lost - before.lost), received: Math.max(0, counters.received - before.received) }
  const seconds = number(selectedPair(stats), 'currentRoundTripTime')
  const rtt = seconds === undefined ? null : Math.round(seconds * 1000)
  const loss = share(since)
  return { path: pathOf(stats), grade: counters.received === 0 ? 'unknown' : gradeOf(loss, rtt ?? 0), loss, lossAll: share(counters), rtt }
}

function gradeOf(loss: number, rtt: number): Grade {
  const within = (limit: typeof GOOD) => loss <= limit.loss && rtt <= limit.rtt
  return within(GOOD) ? 'good' : within(FAIR) ? 'fair' : 'poor'
}

/** All that was heard on a line: its energy, in seconds at full volume, and how long it lasted, in s. */
export interface Heard {
  energy: number
  duration: number
}

export function heardOf(stats: readonly Stat[]): Heard | null {
  const audio = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
  const [energy, duration] = [number(audio, 'totalAudioEnergy'), number(audio, 'totalSamplesDuration')]
  return energy === undefined || duration === undefined ? null : { energy, duration }
}

/** Louder than this (of 1, as the root of the mean square) is speech, and for how long it counts as going on between two words. */
const SPEECH = 0.01
export const SPEECH_MS = 600

/** Whether somebody speaks, given when they were last loud enough. */
export const isSpeaking = (lastLoud: number | null, now: number): boolean => lastLoud !== null && now - lastLoud < SPEECH_MS

/** Whether somebody was loud between two readings, however short the sound: a level of one moment would miss most words. */
export function wasLoud(before: Heard | null, after: Heard | null): boolean {
  if (!before || !after || after.duration <= before.duration) return false
  return (after.energy - before.energy) / (after.duration - before.duration) > SPEECH ** 2
}

/** One connection's life in numbers, for the card after the call. */
export interface Lifetime {
  /** When this side joined, first had media, and lost it; ms of a steady clock. */
  joinedAt: number
  connectedAt: number | null
  lostAt: number | null
  reconnects: number
}

export const joined = (now: number): Lifetime => ({ joinedAt: now, connectedAt: null, lostAt: null, reconnects: 0 })

/** Connected for the first time, or again. */
export function connected(life: Lifetime, now: number): Lifetime {
  if (life.connectedAt === null) return { ...life, connectedAt: now, lostAt: null }
  return life.lostAt === null ? life : { ...life, lostAt: null, reconnects: life.reconnects + 1 }
}

export const lost = (life: Lifetime, now: number): Lifetime => (life.lostAt === null ? { ...life, lostAt: now } : life)

/** From joining to media, in ms; null if there never was any. */
export const setUpMs = ({ joinedAt, connectedAt }: Lifetime): number | null => (connectedAt === null ? null : connectedAt - joinedAt)
