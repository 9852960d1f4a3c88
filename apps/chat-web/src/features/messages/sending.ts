/** Sends what the outbox holds, as its rules say, and turns each answer into the next state. */
import { putEntry, type AppStore } from '../../app/state'
import { Failure, type Http } from '../../http'
import type { Cursor, Entry, Id, Problem, TextEntry } from '../../protocol'
import { Refused, type Socket } from '../../socket'
import { uuidv7 } from '../../uuid'
import { resumeAt } from '../conversations/conversation'
import * as outbox from './outbox'
import type { Outbox, Unsent } from './outbox'
import { Pace } from './pace'

const PAGE = 200
const PAUSE_MS = 1000

export type Wire = Pick<Socket, 'live' | 'request'>

export class Sending {
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly pace = new Pace()

  constructor(
    private readonly store: AppStore,
    private readonly wire: Wire,
    private readonly http: Pick<Http, 'after' | 'before'>,
    /** Told when an ack is ahead of the pushes before it. */
    private readonly acknowledged: (conv: Id) => void,
  ) {}

  send(conv: Id, body: string): void {
    const known = this.store.get().conversations.get(conv)
    if (!known) return
    const unsent = outbox.written(uuidv7(), conv, resumeAt(known), body, new Date().toISOString())
    this.edit((box) => outbox.add(box, unsent))
    this.pump()
  }

  retry(id: Id): void {
    this.edit((box) => outbox.retried(box, id))
    this.pump()
  }

  discard(id: Id): void {
    this.edit((box) => outbox.without(box, id))
    this.pump()
  }

  /** Sends all that may go now; to be called whenever that may have changed. */
  pump(): void {
    clearTimeout(this.timer)
    if (!this.wire.live) return
    const now = Date.now()
    for (const unsent of outbox.next(this.store.get().outbox, now)) {
      if (now < this.pace.from) break
      this.pace.sent(now)
      void this.deliver(unsent)
    }
    const at = outbox.wakeAt(this.store.get().outbox)
    if (at !== null) this.timer = setTimeout(() => this.pump(), Math.max(50, at - now, this.pace.from - now))
  }

  private async deliver(unsent: Unsent): Promise<void> {
    const { id, conv, after, body } = unsent
    this.edit((box) => outbox.sending(box, id))
    try {
      const ack = await this.wire.request('msg.send', { conv, after, kind: 'text', body }, id)
      this.stored({ ...ack, id, kind: 'text', body, from: this.store.get().me.id })
      this.acknowledged(conv)
    } catch (error) {
      if (error instanceof Refused) await this.refused(id, error.problem)
      else this.edit((box) => outbox.unanswered(box, id))
    }
    this.pump()
  }

  private stored(entry: TextEntry): void {
    this.store.set((state) => putEntry(state, entry))
  }

  private async refused(id: Id, problem: Problem): Promise<void> {
    const now = Date.now()
    if (problem.status === 429) this.pace.refused(now, problem.retry_after_ms ?? PAUSE_MS)
    this.edit((box) => outbox.refused(box, id, problem, now))
    const unsent = this.store.get().outbox.find((one) => one.id === id)
    if (unsent?.state === 'checking') await this.check(unsent)
  }

  /** After a stale cursor: it may have been stored long ago. Sent anew only if the log does not hold it. */
  private async check(unsent: Unsent): Promise<void> {
    try {
      const { found, end } = await findOwn(this.http, unsent, this.store.get().me.id)
      if (found) this.store.set((state) => putEntry(state, found))
      else this.edit((box) => outbox.restarted(box, unsent.id, end))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const retryable = error.status === 0 ? { ...error.problem, status: 503 } : error.problem
      this.edit((box) => outbox.refused(box, unsent.id, retryable, Date.now()))
    }
  }

  private edit(change: (box: Outbox) => Outbox): void {
    this.store.set((state) => ({ ...state, outbox: change(state.outbox) }))
  }
}

/** Reads the log from a message's cursor on, until the message or the end. In another epoch only the newest page is read. */
export async function findOwn(
  http: Pick<Http, 'after' | 'before'>,
  { id, conv, after }: Unsent,
  me: Id,
): Promise<{ found: Entry | undefined; end: Cursor }> {
  const own = (entry: Entry) => entry.id === id && entry.from === me
  for (let seq = after[1]; ; ) {
    const page = await http.after(conv, seq, PAGE)
    const sameEpoch = page.epoch === after[0]
    const { items } = sameEpoch ? page : await http.before(conv, Number.MAX_SAFE_INTEGER, PAGE)
    const found = items.find(own)
    const last = items.at(-1)?.seq ?? page.head
    if (found || !sameEpoch || items.length === 0 || last >= page.head) return { found, end: [page.epoch, Math.max(last, found ? 0 : page.head)] }
    seq = last
  }
}
