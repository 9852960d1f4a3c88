/** The edges of one call: as many as a snapshot asks for, no more, each begun once. Next: ongoing.ts has the rest of the call. */
import { Failure } from '../../http'
import type { Id, Nudge, RtcDocument, RtcSession } from '../../protocol'
import { Edge } from './edge'
import type { EdgePlan } from './edges'
import { LOST_MS } from './negotiation'
import type { Sending } from './peer'
import type { Rtc } from './rtc'

/** How long who stays waits for who left to delete their session. */
const RETIRE_MS = 5000

export interface MeshParts {
  rtc: Rtc
  call: Id
  conv: Id
  /** The own address, and that of others; null while it is not known. */
  me: string
  address: (user: Id) => string | null
  live: () => boolean
  sending: () => Sending
  changed: () => void
}

export interface MeshEdge {
  peer: Id
  edge: Edge
}

export class Mesh {
  private readonly edges = new Map<string, MeshEdge>()
  /** All that there ever was, for the account of the call. */
  readonly history: MeshEdge[] = []
  private prepared: Edge | null = null
  private readonly used = new Set<string>()
  private readonly gone = new Set<string>()

  constructor(private readonly parts: MeshParts) {}

  get current(): MeshEdge[] {
    return [...this.edges.values()]
  }

  /** A session before anybody is invited; its offer is on its way when this returns its id. Throws Failure. */
  prepare(peer: Id): Promise<string> {
    this.prepared = this.edge(peer, true, `${this.parts.call}:1:0`)
    return this.prepared.prepare()
  }

  /** Begins and ends edges until they are those of the plans; `recovers` are those that a page before a reload had. */
  sync(plans: readonly EdgePlan[], recovers: ReadonlySet<string>): void {
    const wanted = new Set(plans.map(({ key }) => key))
    for (const [key, { edge }] of [...this.edges]) if (!wanted.has(key)) this.retire(key, edge)
    for (const plan of plans) if (!this.edges.has(plan.key) && this.parts.address(plan.peer) !== null) this.begin(plan, recovers.has(plan.key))
    // Whoever was called first has joined: if that was not by our session, it is of no use.
    if (plans.length) this.discardPrepared()
  }

  /** A session changed; one that no edge has yet is a new one of its sender. */
  nudged({ session, from, call, gone }: Nudge): void {
    if (gone) this.gone.add(session)
    const known = this.current.find(({ edge }) => edge.session === session)
    if (known) known.edge.nudged(gone === true)
    else if (!gone && call === this.parts.call && !this.used.has(session)) this.offered(from, session)
  }

  tick(now: number): void {
    for (const { edge } of this.current) edge.tick(now)
  }

  /** The network is another one: what goes over the old one is not waited for. */
  moved(now: number): void {
    for (const { edge } of this.current) edge.tick(now, true)
  }

  async measure(): Promise<void> {
    await Promise.all(this.current.map(({ edge }) => edge.measure()))
  }

  /** After a new connection to the chat: nudges may have been missed. */
  lookAgain(): void {
    for (const { edge } of this.current) edge.nudged(false)
  }

  send(): void {
    for (const edge of [...this.current.map((one) => one.edge), ...(this.prepared ? [this.prepared] : [])]) edge.peer?.send(this.parts.sending())
  }

  get connected(): boolean {
    return this.current.some(({ edge }) => edge.peer?.ice === 'connected')
  }

  /** Whether everybody has been out of reach for too long. */
  isLost(now: number): boolean {
    const since = ({ life }: Edge) => life.lostAt ?? (life.connectedAt === null ? life.joinedAt : now)
    return this.edges.size > 0 && this.current.every(({ edge }) => now - since(edge) > LOST_MS)
  }

  /** Ends everything. Who `leaves` deletes the sessions; who is left looks whether the other has. */
  close(leaves: boolean): void {
    this.discardPrepared()
    for (const [key, { edge }] of [...this.edges]) {
      if (leaves) edge.close(true)
      else this.retire(key, edge)
    }
    this.edges.clear()
  }

  private begin(plan: EdgePlan, recovering: boolean): void {
    const made = plan.creates && plan.prepared !== null && this.prepared?.session === plan.prepared ? this.prepared : null
    const edge = made ?? this.edge(plan.peer, plan.creates, plan.idempotencyKey)
    this.edges.set(plan.key, { peer: plan.peer, edge })
    this.history.push({ peer: plan.peer, edge })
    if (!made) {
      edge.open(plan, recovering)
      return
    }
    this.prepared = null
    edge.joined()
    edge.nudged(false)
  }

  private edge(peer: Id, creates: boolean, key: string): Edge {
    const { rtc, me, live, sending, changed } = this.parts
    return new Edge(creates, { rtc, me, live, sending, changed, create: (attempt) => this.create(peer, attempt ? `${key}:${attempt}` : key), find: () => this.find(peer) })
  }

  private async create(peer: Id, key: string): Promise<RtcDocument> {
    const { rtc, me, call, conv, address } = this.parts
    const document = await rtc.create({ initiator: me, peer: address(peer) ?? '', conversation_id: conv, call_id: call }, key)
    this.used.add(document.session.id)
    return document
  }

  private async find(peer: Id): Promise<string | null> {
    const other = this.parts.address(peer)
    const between = ({ initiator, peer: second }: RtcSession) => initiator === other || second === other
    const found = (await this.parts.rtc.of(this.parts.call)).filter((one) => between(one) && !this.gone.has(one.id) && !this.isTaken(one.id))
    return found.at(-1)?.id ?? null
  }

  private isTaken = (session: string): boolean => this.current.some(({ edge }) => edge.session === session)

  private offered(from: Id, session: string): void {
    const waiting = this.current.find(({ peer, edge }) => peer === from && edge.session === null)
    if (!waiting) return
    this.used.add(session)
    waiting.edge.adopt(session)
  }

  private retire(key: string, edge: Edge): void {
    const { session } = edge
    this.edges.delete(key)
    edge.close(false)
    if (session === null) return
    this.used.add(session)
    setTimeout(() => {
      if (!this.gone.has(session)) this.parts.rtc.remove(session).catch(unlessFailure)
    }, RETIRE_MS)
  }

  private discardPrepared(): void {
    this.prepared?.close(true)
    this.prepared = null
  }
}

/** What cannot be deleted now ends by itself. */
function unlessFailure(error: unknown): void {
  if (!(error instanceof Failure)) throw error
}
