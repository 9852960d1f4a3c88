/** Keeps the server's watch list equal to whom the views show, and people's names up to date. */
import type { AppStore } from '../../app/state'
import { Failure, type Http } from '../../http'
import type { Id } from '../../protocol'
import { Lost, Refused } from '../../socket'
import type { Wire } from '../messages/sending'
import { watched, withPeople, withPresence } from './people'

const SETTLE_MS = 150
const REFUSED_MS = 5000
/** More people than this are found by searching on the server. */
const KNOWN_PEOPLE = 2000

export class Watching {
  private readonly onScreen = new Map<symbol, readonly Id[]>()
  private told: string | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private loading: Promise<void> | null = null
  private again = false

  constructor(
    private readonly store: AppStore,
    private readonly wire: Wire,
    private readonly http: Pick<Http, 'people' | 'morePeople'>,
  ) {}

  /** Somebody shows these people now. Returns how to take that back. */
  show(ids: readonly Id[]): () => void {
    const key = Symbol('view')
    this.onScreen.set(key, ids)
    this.settle()
    return () => {
      this.onScreen.delete(key)
      this.settle()
    }
  }

  /** After a new connection: the server has forgotten the list. */
  resume(): void {
    this.told = null
    this.settle()
  }

  /** Reads the list of people anew. A call that comes while it is read has it read once more, since something changed. */
  load(): Promise<void> {
    this.again = this.loading !== null
    this.loading ??= this.readUntilQuiet().finally(() => (this.loading = null))
    return this.loading
  }

  private async readUntilQuiet(): Promise<void> {
    do {
      this.again = false
      await this.readPeople()
    } while (this.wantedAgain())
  }

  private wantedAgain = (): boolean => this.again

  private async readPeople(): Promise<void> {
    try {
      let answer = await this.http.people()
      this.put(answer.body)
      for (let count = answer.body.length; answer.next && count < KNOWN_PEOPLE; count += answer.body.length) {
        answer = await this.http.morePeople(answer.next)
        this.put(answer.body)
      }
    } catch (error) {
      // Names are read again with the next connection; until then addresses of before stay.
      if (!(error instanceof Failure)) throw error
    }
  }

  put(people: Parameters<typeof withPeople>[1]): void {
    this.store.set((state) => ({ ...state, people: withPeople(state.people, people) }))
  }

  private settle(ms = SETTLE_MS): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.tell(), ms)
  }

  private async tell(): Promise<void> {
    const users = watched([...this.onScreen.values()].flat(), this.store.get().me.id)
    const list = users.join()
    if (list === this.told || !this.wire.live) return
    this.told = list
    try {
      const { statuses } = await this.wire.request('presence.watch', { users })
      this.store.set((state) => ({ ...state, presence: withPresence(state.presence, statuses) }))
    } catch (error) {
      if (!(error instanceof Lost || error instanceof Refused)) throw error
      // Unless the list has changed meanwhile: then it is told anyway.
      if (this.told === list) this.settle(REFUSED_MS)
      this.told = null
    }
  }
}
