/** Stands in for the browser's WebSocket: a test opens it, answers on it and closes it. */
import { vi } from 'vitest'
import { sure } from './samples'

interface Sent {
  t: string
  id?: string
  d: Record<string, unknown>
}

export class FakeWebSocket {
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static made: FakeWebSocket[] = []
  readyState: number = FakeWebSocket.OPEN
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly sent: Sent[] = []
  closed = false

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeWebSocket.made.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent)
  }

  close(): void {
    this.closed = true
    this.onclose?.({ code: 1005 })
  }

  /** The server says something; what follows from it has happened when this returns. */
  async says(frame: object): Promise<void> {
    this.onmessage?.({ data: JSON.stringify(frame) })
    await vi.advanceTimersByTimeAsync(0)
  }

  async closes(code: number): Promise<void> {
    this.onclose?.({ code })
    await vi.advanceTimersByTimeAsync(0)
  }

  last(t: string): Sent & { id: string } {
    const { id, ...frame } = sure(this.sent.findLast((one) => one.t === t))
    return { ...frame, id: id ?? '' }
  }

  /** Opened, and the greeting answered. */
  async greets(): Promise<void> {
    this.onopen?.()
    await this.says({ re: this.last('hello').id, ok: true, d: HELLO_REPLY })
  }
}

export const HELLO_REPLY = {
  conn: 'c-1',
  user: '',
  ping_ms: 25_000,
  heads: [],
  calls: [],
  limits: { body_chars: 8000, frame_bytes: 65_536, send_per_s: 5, watch: 200, cursors: 500 },
}

/** The newest connection that was tried. */
export const newest = (): FakeWebSocket => sure(FakeWebSocket.made.at(-1))
