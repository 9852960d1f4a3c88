/** Tells the server how far this person has read: once for each step forward, again after a lost connection. */
import { updateConversation, type AppStore } from '../../app/state'
import type { Id } from '../../protocol'
import { applyRead } from '../conversations/conversation'
import type { Wire } from './sending'

export class Reading {
  private readonly wanted = new Map<Id, number>()
  private readonly telling = new Set<Id>()

  constructor(
    private readonly store: AppStore,
    private readonly wire: Wire,
  ) {}

  /** The entry `seq` is on screen before somebody's eyes. */
  seen(conv: Id, seq: number): void {
    const { conversations, me } = this.store.get()
    if (seq <= (conversations.get(conv)?.read ?? 0)) return
    this.store.set((state) => updateConversation(state, conv, (known) => applyRead(known, me.id, seq, me.id)))
    this.wanted.set(conv, seq)
    void this.tell(conv)
  }

  /** After a new connection: what could not be told before. */
  resume(): void {
    for (const conv of this.wanted.keys()) void this.tell(conv)
  }

  private async tell(conv: Id): Promise<void> {
    const seq = this.wanted.get(conv)
    if (seq === undefined || this.telling.has(conv) || !this.wire.live) return
    this.telling.add(conv)
    // Unanswered or refused: it stays wanted, and is told with the next step or the next connection.
    const told = await this.wire.request('msg.read', { conv, seq }).then(
      () => true,
      () => false,
    )
    this.telling.delete(conv)
    if (told && this.wanted.get(conv) === seq) this.wanted.delete(conv)
    else if (told) await this.tell(conv)
  }
}
