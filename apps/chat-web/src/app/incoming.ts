/** What each pushed frame and each greeting changes. Next: the features it calls. */
import type { Http } from '../http'
import { Failure } from '../http'
import type { Entry, Head, HelloReply, Id, Push } from '../protocol'
import type { Calls } from '../features/calls/calls'
import { applyRead, type Conversation } from '../features/conversations/conversation'
import type { History } from '../features/messages/history'
import { begun } from '../features/messages/typing'
import type { Watching } from '../features/people/watching'
import { withPresence } from '../features/people/people'
import { dropConversation, needsRepair, putAll, putConversation, putEntry, putHead, updateConversation, type AppStore } from './state'

export interface IncomingParts {
  store: AppStore
  http: Pick<Http, 'conversation' | 'conversations'>
  history: Pick<History, 'complete'>
  watching: Pick<Watching, 'load'>
  calls: Pick<Calls, 'greeted' | 'pushed' | 'nudged'>
  /** A new entry by somebody, for alerts. */
  arrived: (entry: Entry) => void
}

export class Incoming {
  constructor(private readonly parts: IncomingParts) {}

  greeted(reply: HelloReply): void {
    const { heads } = reply
    const known = this.parts.store.get().conversations
    heads.forEach((head) => this.parts.store.set((state) => putHead(state, head)))
    const listed = new Set(heads.map(({ conv }) => conv))
    const same = heads.length === known.size && [...known.keys()].every((conv) => listed.has(conv))
    if (!same) void this.reload()
    this.repairShown()
    this.parts.calls.greeted(reply)
  }

  pushed(push: Push): void {
    const { store, calls } = this.parts
    switch (push.t) {
      case 'msg':
        this.entry(push.d)
        break
      case 'read':
        store.set((state) => updateConversation(state, push.d.conv, (known) => applyRead(known, push.d.user, push.d.seq, state.me.id)))
        break
      case 'typing':
        store.set((state) => (push.d.user === state.me.id ? state : { ...state, typing: begun(state.typing, push.d.conv, push.d.user, Date.now()) }))
        break
      case 'presence':
        store.set((state) => ({ ...state, presence: withPresence(state.presence, [push.d]) }))
        break
      case 'behind':
        this.behind(push.d.convs)
        break
      case 'conv':
        this.changed(push.d.conv, push.d.change)
        break
      case 'call.invite':
      case 'call.accept':
      case 'call.decline':
      case 'call.end':
      case 'call.update':
        calls.pushed(push.d)
        break
      case 'rtc':
        calls.nudged(push.d)
    }
  }

  private changed(conv: Id, change: 'added' | 'removed' | 'updated'): void {
    const { store, watching } = this.parts
    if (change === 'removed') {
      store.set((state) => dropConversation(state, conv))
      return
    }
    if (store.get().conversations.get(conv)?.kind === 'lobby') void watching.load()
    void this.fetch(conv)
  }

  private entry(entry: Entry): void {
    const { store, history, arrived } = this.parts
    if (!store.get().conversations.has(entry.conv)) {
      void this.fetch(entry.conv).then(() => arrived(entry))
      return
    }
    store.set((state) => putEntry(state, entry))
    const known = store.get().conversations.get(entry.conv)
    if (known && lacks(known, entry, store.get().shown)) void history.complete(entry.conv)
    arrived(entry)
  }

  private behind(heads: Head[]): void {
    for (const head of heads)
      this.parts.store.set((state) => updateConversation(putHead(state, head), head.conv, (known) => ({ ...known, behind: true })))
    this.repairShown()
    void this.reload()
  }

  private repairShown(): void {
    const { shown, conversations } = this.parts.store.get()
    const known = shown === null ? undefined : conversations.get(shown)
    if (known && needsRepair(known)) void this.parts.history.complete(known.conv)
  }

  /** The whole list anew: conversations appeared or went while nobody told. */
  private async reload(): Promise<void> {
    await ignoringFailure(async () => {
      const bodies = await this.parts.http.conversations()
      this.parts.store.set((state) => putAll(state, bodies))
    })
  }

  private async fetch(conv: Id): Promise<void> {
    await ignoringFailure(async () => {
      const { body } = await this.parts.http.conversation(conv)
      this.parts.store.set((state) => putConversation(state, body))
    })
  }
}

/** Pushes come in order and without holes: one that lands beyond a hole tells of a loss, not of a matter of waiting. */
function lacks({ conv, log, behind }: Conversation, entry: Entry, shown: Id | null): boolean {
  if (!log) return conv === shown
  return behind || log.ahead.some(({ seq }) => seq === entry.seq)
}

/** A refresh that fails leaves what is known; the next greeting compares again. */
async function ignoringFailure(refresh: () => Promise<void>): Promise<void> {
  try {
    await refresh()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}
