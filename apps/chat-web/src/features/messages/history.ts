/** Loads logs: the newest page when a conversation is opened, older pages on the way up, and whatever a gap lacks. */
import { setLoad, updateConversation, withRecords, type AppStore } from '../../app/state'
import { Failure, type Http } from '../../http'
import type { Id, Page } from '../../protocol'
import type { Conversation } from '../conversations/conversation'
import { applyHead } from '../conversations/conversation'
import { hasGap, lastSeq, logOf, placeAll, prepend, type Log } from './log'

const TAIL = 60
const PAGE = 200
const OLDER = 100
/** Beyond this distance the newest page is loaded anew, instead of everything between. */
const FAR = 1000

export class History {
  private readonly running = new Map<string, Promise<void>>()

  constructor(
    private readonly store: AppStore,
    private readonly http: Pick<Http, 'before' | 'after'>,
  ) {}

  /** Makes what is known of a conversation complete up to its head: loads, or repairs. */
  complete(conv: Id): Promise<void> {
    return this.once(`${conv}:tail`, async () => {
      const known = this.known(conv)
      if (!known) return
      if (!known.log || known.head - lastSeq(known.log) > FAR) await this.loadTail(known)
      else await this.readOn(conv, known.log)
      // What was pushed while the page was on its way is not in it.
      const now = this.known(conv)
      if (now?.behind && now.log) await this.readOn(conv, now.log)
    })
  }

  /** One more page upwards; nothing if the beginning is there. */
  older(conv: Id): Promise<void> {
    return this.once(`${conv}:older`, async () => {
      const log = this.known(conv)?.log
      if (!log || log.base === 0) return
      const page = await this.http.before(conv, log.base + 1, OLDER)
      this.change(conv, (known) => ({ ...known, log: known.log && prepend(known.log, page) }), page)
    })
  }

  private async loadTail(known: Conversation): Promise<void> {
    const wanted = Math.min(PAGE, Math.max(TAIL, known.head - known.read + 20))
    const page = await this.http.before(known.conv, Number.MAX_SAFE_INTEGER, wanted)
    this.change(known.conv, (now) => withPage(now, page, null), page)
  }

  private async readOn(conv: Id, from: Log): Promise<void> {
    for (let log = from; ; ) {
      const page = await this.http.after(conv, lastSeq(log), PAGE)
      const before = log
      this.change(conv, (now) => withPage(now, page, before), page)
      const now = this.known(conv)
      if (!now?.log) return this.loadAnew(conv)
      if (page.items.length === 0 || !now.behind) return
      log = now.log
    }
  }

  // The epoch changed under way: the copy was dropped, and the newest page comes in its place.
  private async loadAnew(conv: Id): Promise<void> {
    const known = this.known(conv)
    if (known) await this.loadTail(known)
  }

  private known = (conv: Id): Conversation | undefined => this.store.get().conversations.get(conv)

  private change(conv: Id, change: (known: Conversation) => Conversation, { items }: Page): void {
    this.store.set((state) => updateConversation(withRecords(state, items), conv, change))
  }

  private once(key: string, load: () => Promise<void>): Promise<void> {
    const running = this.running.get(key) ?? this.run(key, load)
    this.running.set(key, running)
    return running
  }

  private async run(key: string, load: () => Promise<void>): Promise<void> {
    this.store.set((state) => setLoad(state, key, 'loading'))
    try {
      await load()
      this.store.set((state) => setLoad(state, key, null))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      this.store.set((state) => setLoad(state, key, 'failed'))
    } finally {
      this.running.delete(key)
    }
  }
}

/** With a page read after `log`, or with the newest page where there is no log; other epochs drop the copy. */
export function withPage(known: Conversation, page: Page, log: Log | null): Conversation {
  const now = applyHead(known, { conv: known.conv, epoch: page.epoch, head: page.head, read: 0 })
  if (log && (page.epoch !== log.epoch || !now.log)) return { ...now, log: null }
  const next = log && now.log ? placeAll(now.log, page.items) : logOf(page)
  const last = page.items.at(-1)
  const newest = last && last.seq > (now.last?.seq ?? 0) ? last : now.last
  return { ...now, log: next, last: newest, behind: hasGap(next) || lastSeq(next) < now.head }
}
