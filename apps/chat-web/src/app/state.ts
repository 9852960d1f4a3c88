/** Everything the views show, and the small changes that several features make to it. */
import { begin, type Connection } from '../connection'
import type { ConversationBody, Entry, Head, Id, User } from '../protocol'
import { applyEntry, applyHead, describe, type Conversation } from '../features/conversations/conversation'
import { hasGap } from '../features/messages/log'
import { without, type Outbox } from '../features/messages/outbox'
import { ended, type Typing } from '../features/messages/typing'
import { withRecord, type LiveCalls } from '../features/calls/call'
import type { People, Presence } from '../features/people/people'
import type { Store } from './store'

export interface State {
  me: User
  connection: Connection
  conversations: ReadonlyMap<Id, Conversation>
  /** The conversation on screen. */
  shown: Id | null
  people: People
  presence: Presence
  typing: Typing
  outbox: Outbox
  /** The newest snapshot of a call by conversation, those that have ended included. */
  calls: LiveCalls
  /** Loading and failed pages of logs: key `<conversation>:tail` or `:older`. */
  loads: ReadonlyMap<string, 'loading' | 'failed'>
}

export type AppStore = Store<State>

export const initialState = (me: User, bodies: ConversationBody[], outbox: Outbox): State => ({
  me,
  connection: begin(0)[0],
  conversations: new Map(bodies.map((body) => [body.conv, describe(body)])),
  shown: null,
  people: new Map([[me.id, me]]),
  presence: new Map(),
  typing: new Map(),
  outbox,
  calls: new Map(),
  loads: new Map(),
})

export function updateConversation(state: State, conv: Id, change: (known: Conversation) => Conversation): State {
  const known = state.conversations.get(conv)
  const next = known && change(known)
  return next && next !== known ? { ...state, conversations: new Map(state.conversations).set(conv, next) } : state
}

export function putConversation(state: State, body: ConversationBody): State {
  const conversations = new Map(state.conversations).set(body.conv, describe(body, state.conversations.get(body.conv)))
  return withRecords({ ...state, conversations }, body.last ? [body.last] : [])
}

/** Exactly the conversations of a full listing, keeping what is loaded of them. */
export function putAll(state: State, bodies: ConversationBody[]): State {
  const conversations = new Map(bodies.map((body) => [body.conv, describe(body, state.conversations.get(body.conv))]))
  return withRecords({ ...state, conversations }, bodies.flatMap(({ last }) => last ?? []))
}

/** However entries came: a call that one of them records is over. */
export function withRecords(state: State, entries: readonly Entry[]): State {
  const calls = entries.reduce(withRecord, state.calls)
  return calls === state.calls ? state : { ...state, calls }
}

export function dropConversation(state: State, conv: Id): State {
  const conversations = new Map(state.conversations)
  return conversations.delete(conv) ? { ...state, conversations } : state
}

/** One more entry, from a push, an ack or a search: it ends its author's typing and replaces the optimistic bubble. */
export function putEntry(state: State, entry: Entry): State {
  const next = updateConversation(withRecords(state, [entry]), entry.conv, (known) => applyEntry(known, entry, state.me.id))
  return { ...next, typing: ended(next.typing, entry.conv, entry.from), outbox: entry.from === next.me.id ? without(next.outbox, entry.id) : next.outbox }
}

export const putHead = (state: State, head: Head): State => updateConversation(state, head.conv, (known) => applyHead(known, head))

/** Whether the log of a conversation lacks something before it can be shown as complete. */
export function needsRepair({ log, behind }: Conversation): boolean {
  return log === null || behind || hasGap(log)
}

export function setLoad(state: State, key: string, load: 'loading' | 'failed' | null): State {
  const loads = new Map(state.loads)
  if (load) loads.set(key, load)
  else loads.delete(key)
  return { ...state, loads }
}
