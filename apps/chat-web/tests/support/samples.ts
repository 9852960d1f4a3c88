/** Small ready-made values, and the few words in which tests say what they mean. */
import { initialState, type AppStore, type State } from '../../src/app/state'
import { createStore } from '../../src/app/store'
import type { ConversationBody, Entry, Id, MemberEntry, TextEntry } from '../../src/protocol'
import type { Conversation } from '../../src/features/conversations/conversation'
import { describe } from '../../src/features/conversations/conversation'
import type { Outbox } from '../../src/features/messages/outbox'
import { written } from '../../src/features/messages/outbox'

export const id = (number: number): Id => `01932f00-0000-7000-8000-${number.toString(16).padStart(12, '0')}`

export const ME = id(0xa)
export const BOB = id(0xb)
export const EVE = id(0xe)
export const CONV = id(0xc1)
export const OTHER = id(0xc2)
export const LOBBY = '00000000-0000-7000-8000-000000000001'

export const me = { id: ME, email: 'ann@example.org', name: 'Ann' }
export const bob = { id: BOB, email: 'bob@example.org', name: 'Bob' }
export const eve = { id: EVE, email: 'eve@example.org', name: '' }

const START = Date.parse('2026-11-24T09:00:00Z')

/** The text at a number of the log; one a minute. */
export const entry = (seq: number, changes: Partial<TextEntry> = {}): TextEntry => ({
  conv: CONV,
  epoch: 1,
  seq,
  id: id(0x1000 + seq),
  from: BOB,
  at: new Date(START + seq * 60_000).toISOString(),
  kind: 'text',
  body: `text ${seq}`,
  ...changes,
})

export const member = (seq: number, meta: MemberEntry['meta'], from = BOB): MemberEntry => {
  const { conv, epoch, id: own, at } = entry(seq)
  return { conv, epoch, seq, id: own, at, from, kind: 'member', meta }
}

export const entries = (from: number, to: number): TextEntry[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => entry(from + index))

export const seqs = (list: readonly Entry[]): number[] => list.map(({ seq }) => seq)

export const body = (changes: Partial<ConversationBody> = {}): ConversationBody => ({
  conv: CONV,
  kind: 'direct',
  title: null,
  members: [ME, BOB],
  epoch: 1,
  head: 0,
  read: 0,
  last: null,
  ...changes,
})

export const conversation = (changes: Partial<Conversation> = {}): Conversation => ({ ...describe(body()), ...changes })

export const unsent = (number: number, conv = CONV, now = 0) => ({
  ...written(id(0x9000 + number), conv, [1, 0], `unsent ${number}`, new Date(START).toISOString()),
  notBefore: now,
})

export const storeWith = (bodies: ConversationBody[] = [body()], outbox: Outbox = []): AppStore => createStore<State>(initialState(me, bodies, outbox))

/** What is certainly there. */
export function sure<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('it is not there')
  return value
}

export const known = (store: AppStore, conv = CONV): Conversation => sure(store.get().conversations.get(conv))
