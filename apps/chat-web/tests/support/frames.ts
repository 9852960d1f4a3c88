/** One frame of every kind as the types write it, with every optional member. The compiler checks them. */
import type { CallVerb, Entry, Notices, Push, Replies, Reply, Requests, Snapshot } from '../../src/protocol'
import { BOB, CONV, id, ME } from './samples'

const AT = '2026-11-24T09:18:20.123Z'
const base = { conv: CONV, epoch: 1, seq: 42, id: id(0xe1), from: ME, at: AT, reply_to: 12 }

export const ENTRIES = [
  { ...base, kind: 'text', body: 'Grüße 👋' },
  { ...base, kind: 'member', meta: { change: 'removed', user: BOB } },
  {
    ...base,
    kind: 'call',
    meta: { media: 'video', from: ME, reason: 'completed', duration_ms: 95_000, members: [{ user: ME, st: 'left', party: id(0xf), n: 1 }] },
  },
] satisfies Entry[]

const CALL = id(0xca)

const SNAPSHOT = {
  call: CALL,
  conv: CONV,
  rev: 1_764_000_000_123,
  state: 'ringing',
  media: 'video',
  from: ME,
  session: 'Yk3vQ0zJt2mWb8RrG5xLpA',
  ring_ms: 60_000,
  members: [{ user: ME, st: 'joined', party: id(0xf), n: 1 }],
  by: { user: ME, st: 'joined', party: id(0xf), n: 1 },
  reason: 'completed',
} satisfies Snapshot

const VERBS: CallVerb[] = ['call.invite', 'call.accept', 'call.decline', 'call.end', 'call.update']

export const REQUESTS = {
  hello: { party: id(0xf), cursors: { [CONV]: [1, 41] } },
  sync: { cursors: { [CONV]: [1, 41] } },
  'msg.send': { conv: CONV, after: [1, 41], kind: 'text', body: 'Grüße 👋', reply_to: 12 },
  'msg.read': { conv: CONV, seq: 42 },
  'presence.watch': { users: [ME, BOB] },
  'call.invite': { conv: CONV, media: 'video', session: 'Yk3vQ0zJt2mWb8RrG5xLpA' },
  'call.accept': { conv: CONV, call: CALL },
  'call.decline': { conv: CONV, call: CALL, reason: 'declined' },
  'call.end': { conv: CONV, call: CALL, reason: 'hangup' },
} satisfies Requests

export const NOTICES = {
  typing: { conv: CONV },
  'presence.set': { status: 'idle' },
  'call.ringing': { conv: CONV, call: CALL },
  pong: {},
} satisfies Notices

export const REPLIES = {
  hello: {
    conn: 'c-1f',
    user: ME,
    ping_ms: 25_000,
    heads: [{ conv: CONV, epoch: 1, head: 42, read: 41 }],
    calls: [SNAPSHOT],
    limits: { body_chars: 8000, frame_bytes: 65_536, send_per_s: 5, watch: 200, cursors: 500 },
  },
  sync: {},
  'msg.send': { conv: CONV, epoch: 1, seq: 42, at: AT },
  'msg.read': {},
  'presence.watch': { statuses: [{ user: BOB, status: 'offline', at: AT }] },
  'call.invite': SNAPSHOT,
  'call.accept': SNAPSHOT,
  'call.decline': SNAPSHOT,
  'call.end': SNAPSHOT,
} satisfies Replies

export const REFUSALS = [
  {
    re: id(0xaaaa),
    ok: false,
    err: { type: '/problems/invalid', title: 'Invalid', status: 422, detail: 'no', errors: [{ pointer: '/d/after/1', detail: 'Expected int' }] },
  },
  { re: id(0xaaaa), ok: false, err: { type: '/problems/rate-limited', title: 'Too many', status: 429, detail: 'no', retry_after_ms: 200, limit: 5 } },
] satisfies Reply[]

export const PUSHES: Push[] = [
  ...ENTRIES.map((d): Push => ({ t: 'msg', d })),
  { t: 'read', d: { conv: CONV, user: BOB, seq: 42 } },
  { t: 'typing', d: { conv: CONV, user: BOB } },
  { t: 'presence', d: { user: BOB, status: 'offline', at: AT } },
  { t: 'conv', d: { conv: CONV, change: 'added' } },
  ...VERBS.map((t): Push => ({ t, d: SNAPSHOT })),
  { t: 'rtc', d: { session: 'Yk3vQ0zJt2mWb8RrG5xLpA', rev: 3, from: BOB, call: CALL, gone: true } },
  { t: 'behind', d: { convs: [{ conv: CONV, epoch: 1, head: 1300, read: 41 }] } },
  { t: 'bye', d: { reason: 'drain', reconnect_ms: 2500 } },
  { t: 'ping', d: {} },
  { t: 'synced', d: {} },
]
