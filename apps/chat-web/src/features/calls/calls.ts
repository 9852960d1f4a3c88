/**
 * The small part of calls that is there from the start: keeps snapshots, tells the caller that it rings, and loads the rest
 * when it is wanted. Next: calling.ts.
 */
import type { AppStore } from '../../app/state'
import { createStore, type Store } from '../../app/store'
import type { HelloReply, Id, Media, Nudge, Snapshot } from '../../protocol'
import type { Socket } from '../../socket'
import type { Preferences } from '../settings/preferences'
import { afterGreeting, memberOf, stageOf, withSnapshot, type Self } from './call'
import type { Calling } from './calling'

export interface CallsParts {
  store: AppStore
  socket: Pick<Socket, 'live' | 'request' | 'notify'>
  self: () => Self
  preferences: Store<Preferences>
  page: Document
}

export class Calls {
  readonly view = createStore<'none' | 'full' | 'beside'>('none')
  /** Whether the views of calls have been wanted yet. */
  readonly wanted = createStore(false)
  /** What the window's title says instead while it rings. */
  readonly alarm = createStore<string | null>(null)
  private loaded: Promise<Calling> | null = null

  constructor(private readonly parts: CallsParts) {}

  get self(): Self {
    return this.parts.self()
  }

  /** The part that talks to devices and peers. Rejects while it cannot be loaded; asking again tries again. */
  load(): Promise<Calling> {
    this.loaded ??= this.build()
    return this.loaded
  }

  start(conv: Id, media: Media): void {
    this.want()
    void this.load().then((calling) => calling.start(conv, media))
  }

  /** Answers or joins; `video` switches the camera on. */
  accept(conv: Id, video: boolean): void {
    this.want()
    void this.load().then((calling) => calling.accept(conv, video))
  }

  pushed(snapshot: Snapshot): void {
    const { store, socket } = this.parts
    const now = performance.now()
    store.set((state) => {
      const calls = withSnapshot(state.calls, snapshot, now)
      return calls === state.calls ? state : { ...state, calls }
    })
    const known = store.get().calls.get(snapshot.conv)
    if (!known || known.rev !== snapshot.rev || known.state === 'ended') return
    if (stageOf(known, this.self, now) === 'ringing') {
      this.want()
      if (memberOf(known, this.self.me)?.st === 'invited') socket.notify('call.ringing', { conv: known.conv, call: known.call })
    }
  }

  greeted({ calls }: HelloReply): void {
    const { store } = this.parts
    store.set((state) => ({ ...state, calls: afterGreeting(state.calls, calls, performance.now()) }))
    for (const snapshot of calls) this.pushed(snapshot)
    const now = performance.now()
    const mine = [...store.get().calls.values()].some((known) => ['active', 'calling'].includes(stageOf(known, this.self, now)))
    if (mine || this.loaded) void this.load().then((calling) => calling.greeted())
    if (mine) this.want()
  }

  nudged(nudge: Nudge): void {
    if (this.loaded) void this.loaded.then((calling) => calling.nudged(nudge))
  }

  private want(): void {
    this.wanted.set(() => true)
  }

  private async build(): Promise<Calling> {
    try {
      const [{ Calling }, { Rtc, rtcBase }] = await Promise.all([import('./calling'), import('./rtc')])
      const { store, socket, self, preferences, page } = this.parts
      const rtc = new Rtc((path, init) => fetch(path, init), rtcBase(page))
      return new Calling({ store, wire: socket, rtc, self, preferences, view: this.view, take: (snapshot) => this.pushed(snapshot) })
    } catch (error) {
      this.loaded = null
      throw error
    }
  }
}
