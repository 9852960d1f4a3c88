/** REST calls of the client. A refusal becomes `Failure` with the server's problem; a lost login goes to the sign-in page. */
import type { ConversationBody, Delivery, Device, Id, MemberBody, NewConversation, Page, Problem, User } from './protocol'
import { uuidv7 } from './uuid'

export class Failure extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title)
  }
  get status(): number {
    return this.problem.status
  }
}

/** How long an answer may take before it counts as none. */
const ANSWER_MS = 20_000

/** Nothing whole was answered: no network, the server is away or went while it spoke, or something else spoke for it. */
function unreachable(): never {
  throw new Failure({ type: 'about:blank', title: 'unreachable', status: 0 })
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>

export interface Answer<T> {
  body: T
  etag: string | null
  next: string | null
}

export class Http {
  constructor(
    private readonly fetch: Fetch,
    private readonly signedOut: () => void,
  ) {}

  me = () => this.body<User>('GET', '/me')
  rename = (name: string) => this.body<User>('PATCH', '/me', { name })
  signOut = () => this.call('DELETE', '/session')
  devices = () => this.body<Device[]>('GET', '/devices')
  revoke = (device: Id) => this.call('DELETE', `/devices/${device}`)
  delivery = (challenge: string) => this.body<Delivery>('GET', `/otp/${challenge}`)
  lookup = (emails: string[]) => this.body<User[]>('POST', '/users/lookup', { emails })

  conversations = () => this.pages<ConversationBody>('/api/conversations?limit=100')
  conversation = (conv: Id) => this.call<ConversationBody>('GET', `/api/conversations/${conv}`)
  create = (wanted: NewConversation, key: string) => this.body<ConversationBody>('POST', '/api/conversations', wanted, { 'Idempotency-Key': key })
  retitle = (conv: Id, title: string, etag: string) =>
    this.body<ConversationBody>('PATCH', `/api/conversations/${conv}`, { title }, { 'If-Match': etag })
  add = (conv: Id, user: Id) => this.body<ConversationBody>('PUT', `/api/conversations/${conv}/members/${user}`)
  remove = (conv: Id, user: Id) => this.call('DELETE', `/api/conversations/${conv}/members/${user}`)
  members = (conv: Id) => this.pages<MemberBody>(`/api/conversations/${conv}/members?limit=200`)
  before = (conv: Id, seq: number, limit: number) => this.body<Page>('GET', `/api/conversations/${conv}/messages?before=${seq}&limit=${limit}`)
  after = (conv: Id, seq: number, limit: number) => this.body<Page>('GET', `/api/conversations/${conv}/messages?after=${seq}&limit=${limit}`)

  /** The first page of people, or of those whose name or address begins with `query`, and where the next one is. */
  people = (query = '') => this.call<User[]>('GET', `/api/people?limit=200${query && `&q=${encodeURIComponent(query)}`}`)
  morePeople = (next: string) => this.call<User[]>('GET', next)

  /** All pages of an array, by following `Link: rel="next"`. */
  private async pages<T>(path: string): Promise<T[]> {
    const items: T[] = []
    for (let next: string | null = path; next; ) {
      const answer: Answer<T[]> = await this.call<T[]>('GET', next)
      items.push(...answer.body)
      next = answer.next
    }
    return items
  }

  private async body<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    return (await this.call<T>(method, path, body, headers)).body
  }

  private async call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const init: RequestInit = { method, credentials: 'same-origin', headers: { accept: 'application/json', ...type, ...headers } }
    if (body !== undefined) init.body = JSON.stringify(body)
    const response = await reach(this.fetch, path, init)
    if (response.ok) return answer<T>(response)
    if (response.status === 401) this.signedOut()
    throw new Failure(await problemOf(response))
  }
}

/** What a server answers, whatever that is. Throws Failure with status 0 if nothing comes in time. */
export const reach = (fetch: Fetch, path: string, init: RequestInit, ms = ANSWER_MS): Promise<Response> =>
  fetch(path, { ...init, signal: AbortSignal.timeout(ms) }).catch(unreachable)

export async function answer<T>(response: Response): Promise<Answer<T>> {
  const body: unknown = response.status === 204 ? undefined : await response.json().catch(unreachable)
  return { body: body as T, etag: response.headers.get('etag'), next: nextPage(response.headers.get('link')) }
}

/** The target of `rel="next"` in a Link header (RFC 8288), as path and query; null on the last page. */
export function nextPage(link: string | null): string | null {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1]
  if (!target) return null
  const url = new URL(target, 'http://any.invalid/api/')
  return url.pathname + url.search
}

export async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = { type: 'about:blank', title: response.statusText || 'error', status: response.status }
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  return isProblem ? { ...fallback, ...((await response.json().catch(() => ({}))) as Partial<Problem>) } : fallback
}

/** A key for one intention to create something: repeat it with every retry of that intention. */
export const idempotencyKey = (): string => uuidv7()
