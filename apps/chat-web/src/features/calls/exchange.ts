/**
 * Descriptions and candidates of one edge, between its session and its connection: does what negotiation.ts decides.
 *
 * Not to be entered twice at once: edge.ts has it work off one thing after the other.
 */
import { Failure } from '../../http'
import type { CandidateBody, RtcDocument } from '../../protocol'
import * as negotiation from './negotiation'
import type { Negotiation, NextStep } from './negotiation'
import { Peer, type Sending } from './peer'
import type { Rtc } from './rtc'
import type { OwnCandidate } from './trickle'

export interface ExchangeParts {
  rtc: Rtc
  /** The own address. */
  me: string
  sending: () => Sending
  candidate: (candidate: OwnCandidate) => void
  /** The connection changed its state or what comes in on it. */
  changed: () => void
  /** Another connection took the place of one that the other side no longer knows. */
  replaced: () => void
}

export class Exchange {
  peer: Peer | null = null
  /** Up to where candidates were read, and the newest state of the session that was seen. */
  next = 0
  rev = 0
  private state: Negotiation
  private iceServers: RTCIceServer[] = []
  private pending: CandidateBody[] = []
  private closed = false

  constructor(
    creates: boolean,
    private readonly parts: ExchangeParts,
  ) {
    this.state = negotiation.begin(creates)
  }

  /** Begins with a session: makes the connection if there is none. After a reload `recovering` says that it knew another. */
  begin(document: RtcDocument, recovering: boolean): void {
    this.refresh(document)
    this.peer ??= this.connect()
    if (recovering) this.state = negotiation.resumed(document, this.parts.me)
  }

  /** The session is gone, and another will come. The connection stays as long as it holds. */
  forget(creates: boolean): void {
    this.next = this.rev = 0
    this.state = negotiation.begin(creates)
  }

  /** Takes over fresh TURN credentials. */
  refresh({ ice_servers: servers }: RtcDocument): void {
    if (!servers) return
    this.iceServers = servers
    this.peer?.use(servers)
  }

  wantRestart(): void {
    this.state = negotiation.wants(negotiation.givenUp(this.state), true)
  }

  /** Does everything that follows from what the session says. Throws Failure when the server cannot be asked. */
  async take(first: RtcDocument): Promise<void> {
    for (let document = first; ; ) {
      this.note(document)
      const step = negotiation.nextStep(this.state, document, this.parts.me)
      if (step.do === 'nothing' || this.closed) break
      document = await this.perform(step, document)
    }
    await this.addCandidates()
  }

  close(): void {
    this.closed = true
    this.peer?.close()
  }

  private connect(): Peer {
    const { sending, candidate, changed } = this.parts
    const peer: Peer = new Peer(this.iceServers, sending(), { candidate, changed: () => this.peer === peer && changed() })
    return peer
  }

  private note({ session, sync }: RtcDocument): void {
    this.rev = Math.max(this.rev, sync.rev)
    this.pending.push(...session.candidates.filter(({ index, from }) => index >= this.next && from !== this.parts.me))
    this.next = Math.max(this.next, sync.next)
  }

  private async perform(step: NextStep, document: RtcDocument): Promise<RtcDocument> {
    const peer = (this.peer ??= this.connect())
    const session = document.session.id
    if (step.do === 'answer') return this.answer(session, peer, step.sdp, step.offer)
    if (step.do === 'offer') return this.offer(session, peer, step.restart, step.over)
    if (step.do === 'apply-answer') await this.apply(peer, step.sdp, step.offer)
    return document
  }

  private async apply(peer: Peer, answer: string, number: number): Promise<void> {
    this.state = negotiation.answered(this.state, number)
    if (peer.remoteSdp === null || negotiation.sameOrigin(peer.remoteSdp, answer)) {
      await peer.accept(answer)
      return
    }
    // The other page was loaded anew and answered with a connection that ours does not know: both begin anew.
    this.replace()
    this.state = negotiation.wants(this.state, false)
  }

  private async offer(session: string, peer: Peer, restart: boolean, over: number): Promise<RtcDocument> {
    const { rtc, me } = this.parts
    const sdp = await peer.offer(restart)
    try {
      const document = await rtc.offer(session, me, sdp, over)
      this.state = negotiation.offered(this.state, document.sync.offer_rev)
      return document
    } catch (error) {
      if (!(error instanceof Failure) || error.status !== 412) throw error
      this.state = negotiation.outrun(this.state)
      // A first offer leaves lines behind that the other side knows nothing of.
      if (peer.remoteSdp === null) this.replace()
      else await peer.rollback()
      return rtc.read(session, this.next)
    }
  }

  private async answer(session: string, before: Peer, offer: string, number: number): Promise<RtcDocument> {
    const { rtc, me } = this.parts
    const stranger = before.remoteSdp === null ? this.state.ours !== null : !negotiation.sameOrigin(before.remoteSdp, offer)
    const peer = stranger ? this.replace() : before
    const sdp = await peer.answer(offer)
    this.state = negotiation.answered(this.state, number)
    try {
      return await rtc.answer(session, me, sdp, number)
    } catch (error) {
      if (!(error instanceof Failure) || error.status !== 409) throw error
      return rtc.read(session, this.next)
    }
  }

  private replace(): Peer {
    this.peer?.close()
    this.peer = this.connect()
    this.parts.replaced()
    return this.peer
  }

  private async addCandidates(): Promise<void> {
    const { peer } = this
    if (!peer || this.closed) return
    const { now, later } = negotiation.sortCandidates(this.pending, peer.remoteSdp)
    this.pending = later
    for (const one of now) if (one.candidate) await peer.add(one).catch(unlessRefused)
  }
}

/** A candidate that this browser does not take is one way less to try. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof DOMException || error instanceof TypeError)) throw error
}
