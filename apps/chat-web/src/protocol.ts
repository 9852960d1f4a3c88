/**
 * Every frame of `chat.v1.json` and every REST body the client reads or writes, as types.
 *
 * Written by hand, held to the schema and the golden frames of the contracts by tests/protocol.test.ts.
 * Next: http.ts and socket.ts carry them.
 */

export type Id = string
export type Cursor = [epoch: number, seq: number]
export type Status = 'active' | 'idle' | 'offline'
export type Media = 'audio' | 'video'
export type CallReason = 'completed' | 'cancelled' | 'declined' | 'busy' | 'missed' | 'failed' | 'drain' | 'hangup'

export interface MemberMeta {
  change: 'joined' | 'left' | 'removed'
  user: Id
}

export interface CallMember {
  user: Id
  st: 'invited' | 'ringing' | 'joined' | 'declined' | 'busy' | 'missed' | 'left'
  party?: Id
  n?: number
}

export interface CallMeta {
  media: Media
  from: Id
  reason: CallReason
  duration_ms?: number
  members: CallMember[]
}

/** The whole of a live call, as every call frame carries it; `rev` only ever grows within a conversation. */
export interface Snapshot {
  call: Id
  conv: Id
  rev: number
  state: 'ringing' | 'active' | 'ended'
  media: Media
  from: Id
  /** The rtc session that the caller has prepared for a call of two. */
  session?: string
  ring_ms: number
  members: CallMember[]
  /** Whose doing this change was. */
  by?: CallMember
  reason?: CallReason
}

interface EntryBase {
  conv: Id
  epoch: number
  seq: number
  id: Id
  from: Id
  at: string
  reply_to?: number
}
export interface TextEntry extends EntryBase {
  kind: 'text'
  body: string
}
export interface MemberEntry extends EntryBase {
  kind: 'member'
  meta: MemberMeta
}
export interface CallEntry extends EntryBase {
  kind: 'call'
  meta: CallMeta
}
export type Entry = TextEntry | MemberEntry | CallEntry

export interface Head {
  conv: Id
  epoch: number
  head: number
  read: number
}

export interface Problem {
  type: string
  title: string
  status: number
  detail?: string
  retry_after_ms?: number
  limit?: number
  errors?: { pointer: string; detail: string }[]
}

/** What the client sends and awaits an answer to: `{t, id, d}`. */
export interface Requests {
  hello: { party: Id; cursors: Record<Id, Cursor> }
  sync: { cursors: Record<Id, Cursor> }
  'msg.send': { conv: Id; after: Cursor; kind: 'text'; body: string; reply_to?: number }
  'msg.read': { conv: Id; seq: number }
  'presence.watch': { users: Id[] }
  'call.invite': { conv: Id; media: Media; session?: string }
  'call.accept': { conv: Id; call: Id }
  'call.decline': { conv: Id; call: Id; reason?: CallReason }
  'call.end': { conv: Id; call: Id; reason?: CallReason }
}

export interface Replies {
  hello: HelloReply
  sync: Record<string, never>
  'msg.send': { conv: Id; epoch: number; seq: number; at: string }
  'msg.read': Record<string, never>
  'presence.watch': { statuses: { user: Id; status: Status; at?: string | null }[] }
  'call.invite': Snapshot
  'call.accept': Snapshot
  'call.decline': Snapshot
  'call.end': Snapshot
}

export interface HelloReply {
  conn: string
  user: Id
  ping_ms: number
  heads: Head[]
  calls: Snapshot[]
  limits: { body_chars: number; frame_bytes: number; send_per_s: number; watch: number; cursors: number }
}

/** What the client only tells: `{t, d}`. */
export interface Notices {
  typing: { conv: Id }
  'presence.set': { status: 'active' | 'idle' }
  'call.ringing': { conv: Id; call: Id }
  pong: Record<string, never>
}

export type CallVerb = 'call.invite' | 'call.accept' | 'call.decline' | 'call.end' | 'call.update'

/** That an rtc session changed, or is gone; what it is now is to be read. */
export interface Nudge {
  session: string
  rev: number
  from: Id
  call?: Id
  gone?: boolean
}

/** What the server pushes: `{t, d}`. Kinds of later versions are ignored. */
export type Push =
  | { t: 'msg'; d: Entry }
  | { t: 'read'; d: { conv: Id; user: Id; seq: number } }
  | { t: 'typing'; d: { conv: Id; user: Id } }
  | { t: 'presence'; d: { user: Id; status: Status; at?: string } }
  | { t: 'conv'; d: { conv: Id; change: 'added' | 'removed' | 'updated' } }
  | { t: CallVerb; d: Snapshot }
  | { t: 'rtc'; d: Nudge }
  | { t: 'behind'; d: { convs: Head[] } }
  | { t: 'bye'; d: { reason: string; reconnect_ms: number } }
  | { t: 'ping'; d: Record<string, never> }
  | { t: 'synced'; d: Record<string, never> }

export type Reply = { re: Id; ok: true; d?: unknown } | { re: Id; ok: false; err: Problem }
export type ServerFrame = Push | Reply

export interface Request<T extends keyof Requests = keyof Requests> {
  t: T
  id: Id
  d: Requests[T]
}
export interface Notice<T extends keyof Notices = keyof Notices> {
  t: T
  d: Notices[T]
}

export interface User {
  id: Id
  email: string
  name: string
}

export interface ConversationBody extends Head {
  kind: 'direct' | 'group' | 'lobby'
  title: string | null
  members: Id[]
  last: Entry | null
}

export interface MemberBody extends User {
  role: 'owner' | 'member'
  left: boolean
  read?: number
}

export interface Page {
  epoch: number
  head: number
  items: Entry[]
}

export interface Device {
  id: Id
  name: string
  platform: string
  created_at: string
  seen_at: string
  current: boolean
}

export interface Delivery {
  state: 'queued' | 'sent' | 'delayed' | 'failed' | 'delivered' | 'bounced' | 'expired'
  resend_ms: number
  expires_ms: number | null
  delivered_at: string | null
}

export type NewConversation =
  | { kind: 'direct'; members: [Id] }
  | { kind: 'group'; members: Id[]; title: string | null }

/** One description of a session (RFC 8866) with its number; an answer says which offer it belongs to. */
export interface OfferBody {
  from: string
  sdp: string
  rev: number
}
export interface AnswerBody extends OfferBody {
  answer_to: number
}

export interface CandidateBody {
  from: string
  candidate: string
  sdpMid?: string | null
  sdpMLineIndex?: number | null
  usernameFragment?: string | null
  index: number
}

/** What rtc-service answers with; people are addresses here. */
export interface RtcDocument {
  session: {
    id: string
    initiator: string
    peer: string | null
    call_id: Id | null
    created_at: string
    offer: OfferBody | null
    answer: AnswerBody | null
    candidates: CandidateBody[]
  }
  ice_servers?: { urls: string[]; username?: string; credential?: string }[]
  sync: { rev: number; offer_rev: number; answer_rev: number; answer_to: number; next: number; expires_ms: number }
}

export interface RtcSession {
  id: string
  initiator: string
  peer: string | null
  rev: number
}
