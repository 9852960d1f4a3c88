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
}

export interface Replies {
  hello: HelloReply
  sync: Record<string, never>
  'msg.send': { conv: Id; epoch: number; seq: number; at: string }
  'msg.read': Record<string, never>
  'presence.watch': { statuses: { user: Id; status: Status; at?: string | null }[] }
}

export interface HelloReply {
  conn: string
  user: Id
  ping_ms: number
  heads: Head[]
  calls: unknown[]
  limits: { body_chars: number; frame_bytes: number; send_per_s: number; watch: number; cursors: number }
}

/** What the client only tells: `{t, d}`. */
export interface Notices {
  typing: { conv: Id }
  'presence.set': { status: 'active' | 'idle' }
  pong: Record<string, never>
}

/** What the server pushes: `{t, d}`. Kinds of later versions are ignored. */
export type Push =
  | { t: 'msg'; d: Entry }
  | { t: 'read'; d: { conv: Id; user: Id; seq: number } }
  | { t: 'typing'; d: { conv: Id; user: Id } }
  | { t: 'presence'; d: { user: Id; status: Status; at?: string } }
  | { t: 'conv'; d: { conv: Id; change: 'added' | 'removed' | 'updated' } }
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
