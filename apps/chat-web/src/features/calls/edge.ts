/**
 * One edge of a call: its session at rtc-service, found or made, kept alive, and looked at whenever it may have changed.
 *
 * A nudge or, without a socket, a held poll tells that it has; a slow look repairs what neither told. Next: exchange.ts does
 * what the session asks for, mesh.ts has the edges of a call.
 */
import { Failure } from '../../http'
import type { RtcDocument } from '../../protocol'
import type { EdgePlan } from './edges'
import { Exchange } from './exchange'
import { restartDue } from './negotiation'
import type { Peer, Sending } from './peer'
import { connected, countersOf, joined, lost, qualityOf, UNKNOWN, wasLoud, type Counters, type Heard, type Lifetime, type Quality } from './quality'
import type { Rtc } from './rtc'
import { Trickle } from './trickle'

/** Of a session's life, after which it is prolonged: two attempts may fail. */
const KEEPALIVE_SHARE = 1 / 3
const LOOK_MS = 4000
const RETRY_MS = 1000

export interface EdgeParts {
  rtc: Rtc
  /** The own address. */
  me: string
  /** Whether nudges arrive now. */
  live: () => boolean
  sending: () => Sending
  /** Makes the session that this side is to create, the first time or once more. */
  create: (attempt: number) => Promise<RtcDocument>
  /** The newest session of this edge that the server knows; null if there is none. */
  find: () => Promise<string | null>
  changed: () => void
}

export class Edge {
  session: string | null = null
  life: Lifetime
  quality: Quality = UNKNOWN
  private readonly exchange: Exchange
  private readonly trickle = new Trickle()
  private trickleTimer: ReturnType<typeof setTimeout> | undefined
  private work: Promise<void> = Promise.resolve()
  private counters: Counters = { lost: 0, received: 0 }
  private heard: Heard | null = null
  private attempt = 0
  private lookAt = Infinity
  private keepAliveAt = Infinity
  private restartedAt = -Infinity
  private polling = false
  private closed = false

  constructor(
    private readonly creates: boolean,
    private readonly parts: EdgeParts,
  ) {
    this.life = joined(performance.now())
    this.exchange = new Exchange(creates, {
      ...parts,
      candidate: (candidate) => {
        this.trickle.put(candidate, performance.now())
        this.flushLater()
      },
      changed: () => this.changed(),
      replaced: () => this.replaced(),
    })
  }

  get peer(): Peer | null {
    return this.exchange.peer
  }

  /** Makes a new session, also before anybody has joined; its offer follows. Throws Failure if there cannot be one. */
  async prepare(): Promise<string> {
    const document = await this.make()
    this.enqueue(() => this.begin(document))
    return document.session.id
  }

  /** Begins as planned: with a new session, with one that is known already, or waiting for one. */
  open({ prepared }: Pick<EdgePlan, 'prepared'>, recovering: boolean): void {
    this.joined()
    if (prepared !== null && (recovering || !this.creates)) this.adopt(prepared, recovering)
    else if (recovering) this.enqueue(() => this.recover())
    else if (this.creates) this.enqueue(() => this.create())
  }

  /** From now on the other side is there too. */
  joined(): void {
    const now = performance.now()
    this.life = joined(now)
    this.lookAt = now + LOOK_MS
  }

  /** Goes on with a session that exists; `recovering` after a reload. */
  adopt(session: string, recovering = false): void {
    this.session = session
    this.enqueue(async () => this.begin(await this.parts.rtc.read(session, 0, this.parts.me), recovering))
  }

  /** Something changed in the session, or it is gone. */
  nudged(gone: boolean): void {
    if (gone) this.forget()
    else this.look()
  }

  /** To be called twice a second, and after a change of the network with `moved`. */
  tick(now: number, moved = false): void {
    if (this.closed) return
    const ice = this.peer?.ice ?? 'new'
    const restarts = moved ? this.peer?.remoteSdp : restartDue(ice, this.life.lostAt, this.restartedAt, now)
    if (this.session !== null && restarts) this.keepAlive(now, true)
    else if (this.session !== null && now >= this.keepAliveAt) this.keepAlive(now, false)
    if (now >= this.lookAt && (ice !== 'connected' || this.session === null)) this.look()
    if (this.session !== null && !this.parts.live()) void this.poll(this.session)
    if (ice === 'connected' && this.quality.path === 'unknown') void this.measure()
  }

  async measure(): Promise<void> {
    const stats = await this.peer?.stats()
    if (!stats || this.closed) return
    this.quality = qualityOf(stats, this.counters)
    this.counters = countersOf(stats)
  }

  /** Whether the other side was loud since this was asked last. */
  async wasLoud(): Promise<boolean> {
    const before = this.heard
    this.heard = (await this.peer?.heard()) ?? null
    return wasLoud(before, this.heard)
  }

  /** Ends this edge; `removes` tells whether the session is for this side to delete. */
  close(removes: boolean): void {
    const { session } = this
    this.closed = true
    clearTimeout(this.trickleTimer)
    this.exchange.close()
    this.session = null
    // One that is gone already, or that cannot be reached, ends by itself.
    if (removes && session !== null) this.parts.rtc.remove(session).catch(failureOf)
  }

  private async make(): Promise<RtcDocument> {
    const document = await this.parts.create(this.attempt++)
    // It may have been ended here while the session was being made.
    if (this.closed) this.parts.rtc.remove(document.session.id).catch(failureOf)
    else this.session = document.session.id
    return document
  }

  private async begin(document: RtcDocument, recovering = false): Promise<void> {
    if (this.closed) return
    this.session = document.session.id
    this.lives(document)
    this.exchange.begin(document, recovering)
    this.flushLater()
    await this.exchange.take(document)
  }

  private changed(): void {
    const now = performance.now()
    const ice = this.peer?.ice
    if (ice === 'connected') this.life = connected(this.life, now)
    // A call may be over before it is measured by the clock, and its account tells the way it went.
    if (ice === 'connected' && this.quality.path === 'unknown') void this.measure()
    if (ice === 'disconnected' || ice === 'failed') this.life = lost(this.life, now)
    this.parts.changed()
  }

  private replaced(): void {
    if (this.life.connectedAt !== null) this.life = lost(this.life, performance.now())
    this.counters = { lost: 0, received: 0 }
    this.parts.changed()
  }

  /** One after the other; what the network spoils is looked at again. */
  private enqueue(act: () => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.closed) return
      await act().catch((error: unknown) => this.failed(error))
    })
  }

  private failed(error: unknown): void {
    // What was under way when the call ended has nothing to end with.
    if (this.closed) return
    const { status, problem } = failureOf(error)
    if (status === 404) this.forget()
    this.lookAt = performance.now() + Math.max(RETRY_MS, problem.retry_after_ms ?? 0)
  }

  private look(): void {
    this.lookAt = performance.now() + LOOK_MS
    this.enqueue(async () => {
      const { session } = this
      if (session === null) await (this.creates ? this.create() : this.search())
      else if (this.peer) await this.exchange.take(await this.parts.rtc.read(session, this.exchange.next))
      else this.adopt(session)
    })
  }

  private async create(): Promise<void> {
    if (this.session === null) await this.begin(await this.make())
  }

  private async search(): Promise<void> {
    const found = await this.parts.find()
    if (found !== null && this.session === null) this.adopt(found)
  }

  private async recover(): Promise<void> {
    const found = await this.parts.find()
    if (found !== null) this.adopt(found, true)
    else if (this.creates) await this.create()
  }

  private forget(): void {
    this.session = null
    this.exchange.forget(this.creates)
    this.lookAt = performance.now() + RETRY_MS
  }

  private keepAlive(now: number, restarts: boolean): void {
    this.keepAliveAt = Infinity
    if (restarts) this.restartedAt = now
    this.enqueue(async () => {
      const { session } = this
      if (session === null) return
      const document = await this.parts.rtc.keepalive(session).catch((error: unknown) => this.keptNot(error))
      this.lives(document)
      this.exchange.refresh(document)
      if (!restarts) return
      this.exchange.wantRestart()
      await this.exchange.take(await this.parts.rtc.read(session, this.exchange.next))
    })
  }

  private keptNot(error: unknown): never {
    // A session of a call that is over is not prolonged, however often that is asked.
    if (failureOf(error).status !== 409) this.keepAliveAt = performance.now() + LOOK_MS
    throw error
  }

  private lives({ sync }: RtcDocument): void {
    this.keepAliveAt = performance.now() + sync.expires_ms * KEEPALIVE_SHARE
  }

  private async poll(session: string): Promise<void> {
    if (this.polling) return
    this.polling = true
    const answer = await this.parts.rtc.next(session, this.exchange.next, this.exchange.rev).catch(failureOf)
    if (answer instanceof Failure) this.enqueue(() => Promise.reject(answer))
    else if (answer) this.enqueue(() => this.exchange.take(answer))
    setTimeout(() => (this.polling = false), answer instanceof Failure ? RETRY_MS : 0)
  }

  private flushLater(): void {
    const due = this.trickle.due(performance.now())
    if (due === null || this.closed || this.session === null) return
    clearTimeout(this.trickleTimer)
    this.trickleTimer = setTimeout(() => void this.flush(), due - performance.now())
  }

  private async flush(): Promise<void> {
    const { session } = this
    if (session === null || this.closed) return
    const batch = this.trickle.take(performance.now())
    const answer = await this.parts.rtc.candidates(session, this.parts.me, batch).catch(failureOf)
    // One that is refused would be refused again.
    if (answer instanceof Failure && (answer.status === 0 || answer.status >= 500)) this.trickle.back(batch, performance.now() + RETRY_MS)
    this.flushLater()
  }
}

/** A failure of the network or a refusal; anything else is a mistake of this program. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof Failure)) throw error
  return error
}
