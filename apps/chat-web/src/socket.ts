/**
 * The one WebSocket of this tab: does what connection.ts decides, matches replies to requests, hands pushes on.
 *
 * A request whose answer does not come, because the connection broke or the server was silent, rejects with `Lost`: whether
 * it took effect is unknown, and repeating it with the same id is safe.
 */
import { begin, step, type Connection, type ConnectionEvent, type Effect } from './connection'
import type { HelloReply, Notices, Problem, Push, Replies, Requests, ServerFrame } from './protocol'
import { uuidv7 } from './uuid'

const SUBPROTOCOL = 'chat.v1.json'
const ANSWER_MS = 10_000
const TICK_MS = 250

export class Lost extends Error {}

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

export interface SocketEvents {
  /** What to greet with; asked anew at each connection. */
  hello: (renew: boolean) => Requests['hello']
  greeted: (reply: HelloReply) => void
  pushed: (push: Push) => void
  changed: (connection: Connection) => void
  signedOut: () => void
}

interface Waiting {
  resolve: (d: never) => void
  reject: (error: Error) => void
  timer: ReturnType<typeof setTimeout>
}

export class Socket {
  private connection: Connection = begin(0)[0]
  private events: SocketEvents | null = null
  private renewParty = false
  private socket: WebSocket | null = null
  private retryAfterMs = 0
  private readonly waiting = new Map<string, Waiting>()

  constructor(private readonly url: string) {}

  /** Connects, and from now on stays connected as far as the rules allow. */
  start(events: SocketEvents): void {
    this.events = events
    const [first, effects] = begin(performance.now())
    this.connection = first
    effects.forEach((effect) => this.perform(effect))
    setInterval(() => this.advance({ type: 'tick' }), TICK_MS)
    events.changed(first)
  }

  get live(): boolean {
    return this.connection.phase === 'live'
  }

  /** For what the page notices: `awake` (network or tab is back), `retry` and `take-over` (buttons). */
  advance(event: ConnectionEvent): void {
    const before = this.connection
    const [next, effects] = step(before, event, { now: performance.now(), random: Math.random() })
    this.connection = next
    if (before.phase !== next.phase && !('heard' in next)) this.loseRequests()
    effects.forEach((effect) => this.perform(effect))
    if (next !== before && event.type !== 'heard') this.events?.changed(next)
  }

  /** Sends and awaits the answer. Rejects with Refused (the server said no) or Lost. */
  request<T extends keyof Requests>(t: T, d: Requests[T], id = uuidv7()): Promise<Replies[T]> {
    return new Promise<Replies[T]>((resolve, reject) => {
      if (!this.live && t !== 'hello') {
        reject(new Lost('not connected'))
        return
      }
      const timer = setTimeout(() => this.settle(id)?.reject(new Lost('no answer')), ANSWER_MS)
      this.waiting.set(id, { resolve, reject, timer })
      this.write({ t, id, d })
    })
  }

  /** Sends what needs no answer; dropped when there is no connection. */
  notify<T extends keyof Notices>(t: T, d: Notices[T]): void {
    if (this.live) this.write({ t, d })
  }

  private perform(effect: Effect): void {
    if (effect === 'open') this.open()
    else if (effect === 'greet') this.greet()
    else if (effect === 'drop') this.drop()
    else if (effect === 'new-party') this.renewParty = true
    else this.events?.signedOut()
  }

  private open(): void {
    this.drop()
    const socket = new WebSocket(this.url, SUBPROTOCOL)
    socket.onopen = () => this.advance({ type: 'opened' })
    socket.onmessage = ({ data }) => this.read(JSON.parse(data as string) as ServerFrame)
    socket.onclose = ({ code }) => this.advance({ type: 'closed', code, retryAfterMs: this.retryAfterMs })
    this.socket = socket
  }

  private greet(): void {
    if (!this.events) return
    const hello = this.events.hello(this.renewParty)
    this.renewParty = false
    this.request('hello', hello).then(
      (reply) => {
        this.advance({ type: 'greeted' })
        this.events?.greeted(reply)
      },
      () => this.socket?.close(),
    )
  }

  private drop(): void {
    const old = this.socket
    if (!old) return
    old.onopen = old.onmessage = old.onclose = null
    old.close()
    this.socket = null
  }

  private read(frame: ServerFrame): void {
    this.advance({ type: 'heard' })
    if ('re' in frame) this.answer(frame)
    else if (frame.t === 'ping') this.notify('pong', {})
    else this.push(frame)
  }

  private push(frame: Push): void {
    if (frame.t === 'synced') this.advance({ type: 'synced' })
    if (frame.t === 'bye') this.advance({ type: 'bye', reconnectMs: frame.d.reconnect_ms })
    this.events?.pushed(frame)
  }

  private answer(frame: Extract<ServerFrame, { re: string }>): void {
    const waiting = this.settle(frame.re)
    if (frame.ok) waiting?.resolve(frame.d as never)
    else {
      this.retryAfterMs = frame.err.retry_after_ms ?? 0
      waiting?.reject(new Refused(frame.err))
    }
  }

  private settle(id: string): Waiting | undefined {
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    if (waiting) clearTimeout(waiting.timer)
    return waiting
  }

  private loseRequests(): void {
    for (const id of [...this.waiting.keys()]) this.settle(id)?.reject(new Lost('connection lost'))
  }

  private write(frame: { t: string; id?: string; d: unknown }): void {
    // One that is closing takes nothing; its end is on the way, and with it what becomes of the requests.
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame))
  }
}
