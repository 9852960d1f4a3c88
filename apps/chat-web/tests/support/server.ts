/** What features ask the server for, answered from a log in memory; nothing is answered before `settle`. */
import { Failure } from '../../src/http'
import type { Cursor, Entry, Id, Page, Problem } from '../../src/protocol'
import { Lost, Refused } from '../../src/socket'
import type { Wire } from '../../src/features/messages/sending'
import { entry, sure } from './samples'

export const problem = (status: number, slug: string, more: Partial<Problem> = {}): Problem => ({ type: `/problems/${slug}`, title: slug, status, ...more })

export const UNREACHABLE: Problem = { type: 'about:blank', title: 'unreachable', status: 0 }

/** Lets everything happen that waits for nothing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** The log of one conversation with the calls that read it. */
export class LogServer {
  epoch = 1
  entries: Entry[] = []
  asked: string[] = []
  fails: Problem | null = null
  /** Runs while an answer is on its way. */
  meanwhile: (() => void) | null = null

  constructor(count = 0) {
    this.entries = Array.from({ length: count }, (_, index) => entry(index + 1))
  }

  get head(): number {
    return this.entries.length
  }

  append(changes: Partial<Entry> = {}): Entry {
    const next = { ...entry(this.head + 1), epoch: this.epoch, ...changes } as Entry
    this.entries.push(next)
    return next
  }

  before = (_: Id, seq: number, limit: number): Promise<Page> => this.page(`before ${seq}`, this.entries.filter((one) => one.seq < seq).slice(-limit))

  after = (_: Id, seq: number, limit: number): Promise<Page> => this.page(`after ${seq}`, this.entries.filter((one) => one.seq > seq).slice(0, limit))

  private async page(asked: string, items: Entry[]): Promise<Page> {
    this.asked.push(asked)
    const page = { epoch: this.epoch, head: this.head, items }
    if (this.fails) throw new Failure(this.fails)
    await Promise.resolve()
    const { meanwhile } = this
    this.meanwhile = null
    meanwhile?.()
    return page
  }
}

interface Asked {
  t: string
  d: { conv: Id; after: Cursor; body: string; seq: number; users: Id[] }
  id: string
  resolve: (d: never) => void
  reject: (error: Error) => void
}

/** A connection on which a test answers each request when it likes. */
export class FakeWire implements Wire {
  live = true
  readonly asked: Asked[] = []

  request: Wire['request'] = (t, d, id) =>
    new Promise((resolve, reject) => {
      this.asked.push({ t, d: d as Asked['d'], id: id ?? '', resolve, reject })
    })

  get last(): Asked {
    return sure(this.asked.at(-1))
  }

  /** Answers the newest request, or a given one. */
  async acknowledge(d: object, one = this.last): Promise<void> {
    one.resolve(d as never)
    await settle()
  }

  async refuse(why: Problem, one = this.last): Promise<void> {
    one.reject(new Refused(why))
    await settle()
  }

  async lose(one = this.last): Promise<void> {
    one.reject(new Lost('lost'))
    await settle()
  }
}
