/** What the views of calls show: the call of this tab, the account of the last one, and what went wrong. Next: calling.ts changes it. */
import type { Id, Media, Snapshot } from '../../protocol'
import { endingOf, memberOf, type Ending } from './call'
import type { MeshEdge } from './mesh'
import type { MediaProblem } from './permissions'
import type { Sends } from './peer'
import { setUpMs, UNKNOWN, type Path, type Quality } from './quality'

export type Phase = 'starting' | 'calling' | 'joining' | 'active'

export interface PeerView {
  user: Id
  /** Null until something comes in. */
  stream: MediaStream | null
  link: 'connecting' | 'connected' | 'reconnecting'
  sends: Sends | null
  speaking: boolean
  quality: Quality
}

export interface OwnView {
  stream: MediaStream
  microphone: boolean
  camera: boolean
  screen: boolean
}

export interface Mine {
  call: Id
  conv: Id
  media: Media
  phase: Phase
  /** Whether the others hear it ring. */
  ringsThere: boolean
  /** When it became active here, ms of a steady clock. */
  since: number | null
  own: OwnView | null
  peers: PeerView[]
  problem: MediaProblem | null
}

/** The account of a call that is over. */
export interface Ended {
  call: Id
  conv: Id
  media: Media
  ending: Ending
  /** Who ended it or said no, if that was somebody else. */
  by: Id | null
  durationMs: number | null
  path: Path
  setUpMs: number | null
  reconnects: number
  /** Share of packets lost, 0..1. */
  loss: number
}

/** Why a call could not be started or joined. */
export type Obstacle = 'elsewhere' | 'over' | 'full' | 'busy' | 'tooMany' | 'offline' | 'notAllowed' | 'failed'

export interface Desk {
  mine: Mine | null
  ended: Ended | null
  obstacle: { conv: Id; media: MediaProblem } | { conv: Id; media: null; why: Obstacle } | null
  /** Calls that this tab no longer rings for. */
  dismissed: ReadonlySet<Id>
}

export const EMPTY: Desk = { mine: null, ended: null, obstacle: null, dismissed: new Set() }

/** What the server's refusal of a call means. */
export function obstacleOf(type: string): Obstacle {
  const slug = type.replace(/^.*\//, '')
  return OBSTACLES[slug] ?? 'failed'
}

const OBSTACLES: Partial<Record<string, Obstacle>> = {
  'answered-elsewhere': 'elsewhere',
  'call-ended': 'over',
  'call-full': 'full',
  busy: 'busy',
  'rate-limited': 'tooMany',
  forbidden: 'notAllowed',
  'not-found': 'over',
}

/** One edge as the views see it. */
export function peerView({ peer, edge }: MeshEdge, speaking: boolean): PeerView {
  const ice = edge.peer?.ice
  const link = ice === 'connected' ? 'connected' : edge.life.connectedAt === null ? 'connecting' : 'reconnecting'
  return { user: peer, stream: edge.peer?.remote ?? null, link, sends: edge.peer?.sends ?? null, speaking, quality: edge.quality }
}

/** The account of a call from what is known of it and of its edges. A call that was never active has no numbers. */
export function accountOf(mine: Pick<Mine, 'call' | 'conv' | 'media' | 'since'>, history: readonly MeshEdge[], call: Snapshot | undefined, me: Id, left: boolean, now: number): Ended {
  const edges = history.map(({ edge }) => edge)
  const measured = edges.find(({ quality }) => quality.path !== 'unknown')?.quality ?? UNKNOWN
  const setUps = edges.map(({ life }) => setUpMs(life)).filter((ms) => ms !== null)
  const ending = left ? (mine.since === null ? 'cancelled' : 'by-me') : endingOf(call, me)
  return {
    call: mine.call,
    conv: mine.conv,
    media: mine.media,
    ending,
    by: whoEnded(ending, call, me),
    durationMs: mine.since === null ? null : now - mine.since,
    path: measured.path,
    setUpMs: setUps[0] ?? null,
    reconnects: edges.reduce((sum, { life }) => sum + life.reconnects, 0),
    loss: measured.lossAll,
  }
}

/** The account with what a later word about the call's end says: an entry of the log, which may come first, does not say by whom. */
export function amended(ended: Ended, call: Snapshot | undefined, me: Id): Ended {
  if (ended.by !== null || ended.ending === 'by-me' || call?.call !== ended.call) return ended
  const by = whoEnded(ended.ending, call, me)
  return by === null ? ended : { ...ended, by }
}

function whoEnded(ending: Ending, call: Snapshot | undefined, me: Id): Id | null {
  if (!call) return null
  const strongest = call.members.find(({ user, st }) => user !== me && st === ending)
  if (ending === 'declined' || ending === 'busy' || ending === 'missed') return strongest?.user ?? null
  const by = call.by?.user
  return by !== undefined && by !== me && memberOf(call, by) ? by : null
}
