/** Calls of rtc-service, which keeps what two connections tell each other. A refusal is a `Failure`, as in http.ts. */
import { Failure, problemOf, reach, type Fetch } from '../../http'
import type { Id, RtcDocument, RtcSession } from '../../protocol'
import type { OwnCandidate } from './trickle'

/** How long a poll is held, and how long its answer may take altogether. */
const WAIT_S = 25
const WAIT_MS = 40_000

export interface NewSession {
  initiator: string
  peer: string
  conversation_id: Id
  call_id: Id
}

export class Rtc {
  /** `base` is empty where the page's own server has the sessions. */
  constructor(
    private readonly fetch: Fetch,
    private readonly base: string,
  ) {}

  create = (wanted: NewSession | Pick<NewSession, 'initiator'>, key: string) => this.document('POST', '', wanted, { 'Idempotency-Key': key })

  /** With `participant` (an own address) the answer has fresh TURN credentials. */
  read = (session: string, since: number, participant?: string) =>
    this.document('GET', `/${session}?since=${since}${participant === undefined ? '' : `&participant=${encodeURIComponent(participant)}`}`)

  /** The first offer of a session, or the one after number `over`. 412 if another came first. */
  offer = (session: string, from: string, sdp: string, over: number) =>
    this.document('PUT', `/${session}/offer`, { from, sdp }, over === 0 ? { 'If-None-Match': '*' } : { 'If-Match': `"${over}"` })

  /** 409 if the offer is no longer the session's. */
  answer = (session: string, from: string, sdp: string, offer: number) => this.document('PUT', `/${session}/answer`, { from, sdp, offer_rev: offer })

  candidates = (session: string, from: string, candidates: OwnCandidate[]) => this.document('POST', `/${session}/candidates`, { from, candidates })

  /** Keeps the session alive; the answer has fresh TURN credentials. */
  keepalive = (session: string) => this.document('POST', `/${session}/keepalive`)

  async remove(session: string): Promise<void> {
    await this.call('DELETE', `/${session}`)
  }

  /** The own sessions of one call. */
  async of(call: Id): Promise<RtcSession[]> {
    return (await (await this.call('GET', `?call_id=${call}`)).json()) as RtcSession[]
  }

  /** Waits for something newer than `rev`; null if nothing came. */
  async next(session: string, since: number, rev: number): Promise<RtcDocument | null> {
    const response = await this.call('GET', `/${session}?since=${since}&wait=${WAIT_S}`, undefined, { 'If-None-Match': `W/"${rev}"` }, WAIT_MS)
    return response.status === 304 ? null : ((await response.json()) as RtcDocument)
  }

  private async document(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RtcDocument> {
    return (await (await this.call(method, path, body, headers)).json()) as RtcDocument
  }

  private async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, ms?: number): Promise<Response> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const init: RequestInit = { method, credentials: 'include', cache: 'no-store', headers: { accept: 'application/json', ...type, ...headers } }
    if (body !== undefined) init.body = JSON.stringify(body)
    const response = await reach(this.fetch, `${this.base}/sessions${path}`, init, ms)
    if (response.ok || response.status === 304) return response
    throw new Failure(await problemOf(response))
  }
}

/** Where rtc-service is, as the page was told. */
export const rtcBase = (page: Document): string => (page.querySelector<HTMLMetaElement>('meta[name="chat-rtc-base-url"]')?.content ?? '').replace(/\/$/, '')
