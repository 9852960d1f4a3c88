/** Puts the parts of one signed-in client together: the store, the wire, and the features that act on both. */
import type { Http } from '../http'
import type { ConversationBody, Cursor, Entry, Id, User } from '../protocol'
import { Socket } from '../socket'
import { Calls } from '../features/calls/calls'
import { resumeAt } from '../features/conversations/conversation'
import { Membership } from '../features/conversations/membership'
import { MAX_CURSORS, newestFirst } from '../features/conversations/list'
import { Drafts, type Shelf } from '../features/messages/drafts'
import { History } from '../features/messages/history'
import { keep, kept, settledElsewhere } from '../features/messages/keeping'
import { without } from '../features/messages/outbox'
import { Reading } from '../features/messages/reading'
import { Sending } from '../features/messages/sending'
import { expired, TypingNotices } from '../features/messages/typing'
import { Watching } from '../features/people/watching'
import type { Preferences } from '../features/settings/preferences'
import { watchActivity } from './activity'
import { Incoming } from './incoming'
import type { Party } from './party'
import { initialState, needsRepair, type AppStore, type State } from './state'
import { createStore, type Store } from './store'

/** How long an ack may be ahead of the pushes before it, before what lies between is asked for. */
const PUSHES_FOLLOW_MS = 1000
const TYPING_CHECK_MS = 1000

const socketUrl = ({ protocol, host }: Location): string => `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws`

export interface Account {
  me: User
  conversations: ConversationBody[]
}

export interface Surroundings {
  page: Document
  shelf: Shelf
  preferences: Store<Preferences>
  party: Party
  http: Http
  signedOut: () => void
  arrived: (entry: Entry) => void
}

export class Client {
  readonly store: AppStore
  readonly http: Http
  readonly history: History
  readonly sending: Sending
  readonly reading: Reading
  readonly watching: Watching
  readonly membership: Membership
  readonly drafts: Drafts
  readonly socket: Socket
  readonly calls: Calls
  private readonly typingNotices = new TypingNotices()

  constructor(
    { me, conversations }: Account,
    private readonly around: Surroundings,
  ) {
    const { http, shelf, party, page, preferences } = around
    this.http = http
    this.store = createStore(initialState(me, conversations, kept(shelf, me.id)))
    this.drafts = new Drafts(shelf, me.id)
    this.history = new History(this.store, http)
    this.membership = new Membership(this.store, http)
    this.socket = new Socket(socketUrl(around.page.location))
    this.sending = new Sending(this.store, this.socket, http, (conv) => this.repairLater(conv))
    this.reading = new Reading(this.store, this.socket)
    this.watching = new Watching(this.store, this.socket, http)
    this.calls = new Calls({ store: this.store, socket: this.socket, self: () => ({ me: me.id, party: party.current }), preferences, page })
  }

  /** Connects, and keeps what must outlive the page. To be called once. */
  start(): void {
    this.keepOutbox()
    this.connect()
    void this.watching.load()
    setInterval(() => this.store.set((state) => withTyping(state, Date.now())), TYPING_CHECK_MS)
  }

  /** The conversation on screen; what it lacks is loaded. */
  show(conv: Id | null): void {
    this.store.set((state) => (state.shown === conv ? state : { ...state, shown: conv }))
    const known = conv === null ? undefined : this.store.get().conversations.get(conv)
    if (known && needsRepair(known)) void this.history.complete(known.conv)
    if (known && known.kind !== 'lobby') void this.membership.refresh(known.conv)
  }

  typing(conv: Id): void {
    if (this.typingNotices.due(conv, performance.now())) this.socket.notify('typing', { conv })
  }

  private connect(): void {
    const { page, party, arrived, signedOut } = this.around
    const { store, http, history, watching, calls, socket } = this
    const incoming = new Incoming({ store, http, history, watching, calls, arrived })
    const repeatActivity = watchActivity(page, (status) => socket.notify('presence.set', { status }))
    let connections = 0
    socket.start({
      hello: (renew) => ({ party: renew ? party.renew() : party.current, cursors: cursorsOf(store.get()) }),
      pushed: (push) => incoming.pushed(push),
      greeted: (reply) => {
        incoming.greeted(reply)
        if (connections++) void watching.load()
        this.resume()
        repeatActivity()
      },
      changed: (connection) => store.set((state) => ({ ...state, connection })),
      signedOut,
    })
    window.addEventListener('online', () => socket.advance({ type: 'awake' }))
    page.addEventListener('visibilitychange', () => {
      if (!page.hidden) socket.advance({ type: 'awake' })
    })
  }

  private resume(): void {
    this.show(this.store.get().shown)
    this.watching.resume()
    this.reading.resume()
    this.sending.pump()
  }

  private repairLater(conv: Id): void {
    setTimeout(() => {
      const known = this.store.get().conversations.get(conv)
      if (known?.log?.ahead.length) void this.history.complete(conv)
    }, PUSHES_FOLLOW_MS)
  }

  private keepOutbox(): void {
    const account = this.store.get().me.id
    let before = this.store.get().outbox
    this.store.subscribe(() => {
      const { outbox } = this.store.get()
      if (outbox !== before) keep(this.around.shelf, account, before, outbox)
      before = outbox
    })
    window.addEventListener('storage', (event) => {
      const id = settledElsewhere(account, event)
      if (id !== null) this.store.set((state) => ({ ...state, outbox: without(state.outbox, id) }))
    })
  }
}

function withTyping(state: State, now: number): State {
  const typing = expired(state.typing, now)
  return typing === state.typing ? state : { ...state, typing }
}

/** Where each conversation resumes; of very many, the most recent ones. */
export function cursorsOf({ conversations }: State): Record<Id, Cursor> {
  const recent = newestFirst(conversations).slice(0, MAX_CURSORS)
  return Object.fromEntries(recent.map((known) => [known.conv, resumeAt(known)]))
}

/** What a signed-in client starts with. Throws Failure when the server cannot be asked. */
export async function readAccount(http: Http): Promise<Account> {
  const [me, conversations] = await Promise.all([http.me(), http.conversations()])
  return { me, conversations }
}

