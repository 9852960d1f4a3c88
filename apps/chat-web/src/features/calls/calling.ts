/**
 * Starts, answers, follows and ends the calls of this tab. What the server says of a call decides; nothing is guessed.
 *
 * Loaded when calls are wanted (calls.ts). Next: ongoing.ts is one call, desk.ts what views see.
 */
import type { AppStore } from '../../app/state'
import { createStore, type Store } from '../../app/store'
import { Failure } from '../../http'
import type { CallReason, Id, Media, Nudge, Snapshot } from '../../protocol'
import { Lost, Refused, type Socket } from '../../socket'
import { uuidv7 } from '../../uuid'
import { partner } from '../conversations/conversation'
import type { Preferences } from '../settings/preferences'
import { stageOf, type KnownCall, type Self } from './call'
import { accountOf, amended, EMPTY, obstacleOf, type Desk, type Mine, type Obstacle } from './desk'
import { insist } from './insist'
import { MediaFailure } from './media'
import { Ongoing } from './ongoing'
import type { Rtc } from './rtc'

export interface CallingParts {
  store: AppStore
  wire: Pick<Socket, 'live' | 'request'>
  rtc: Rtc
  self: () => Self
  preferences: Store<Preferences>
  /** A snapshot that came as an answer. */
  take: (snapshot: Snapshot) => void
  /** Whether the call fills the window, stands beside the conversation, or there is none. */
  view: Store<'none' | 'full' | 'beside'>
}

export class Calling {
  readonly desk = createStore<Desk>(EMPTY)
  private ongoing: Ongoing | null = null
  /** Calls that were ended here while the server could not be told. */
  private readonly untold = new Map<Id, { conv: Id; call: Id; reason: CallReason }>()

  constructor(private readonly parts: CallingParts) {
    parts.store.subscribe(() => this.review())
  }

  async start(conv: Id, media: Media): Promise<void> {
    if (this.ongoing) return
    const call = uuidv7()
    const ongoing = this.begin(call, conv, media, 'starting')
    await this.attempt(ongoing, async () => {
      // Both take their time, and neither needs the other: tracks join the lines of the offer whenever they come.
      const [, session] = await Promise.all([ongoing.open(media === 'video'), this.prepare(ongoing)])
      if (this.ongoing !== ongoing) return
      const snapshot = await insist(this.parts, 'call.invite', { conv, media, ...(session !== null && { session }) }, call)
      this.joined(ongoing, snapshot)
    })
  }

  /** Answers a call that rings, or joins one that goes on. */
  async accept(conv: Id, video: boolean): Promise<void> {
    const known = this.parts.store.get().calls.get(conv)
    if (!known || this.ongoing) return
    const ongoing = this.begin(known.call, conv, known.media, 'joining')
    await this.attempt(ongoing, async () => {
      if (!(await ongoing.open(video))) return
      this.joined(ongoing, await insist(this.parts, 'call.accept', { conv, call: known.call }))
    })
  }

  decline(conv: Id): void {
    const known = this.parts.store.get().calls.get(conv)
    if (!known) return
    this.dismiss(known.call)
    // If it does not arrive, the call rings out; there is nobody to tell here any more.
    this.parts.wire.request('call.decline', { conv, call: known.call, reason: 'declined' }).then(this.parts.take, unlessUntold)
  }

  /** Stops ringing here, and nowhere else. */
  dismiss(call: Id): void {
    this.desk.set((desk) => ({ ...desk, dismissed: new Set(desk.dismissed).add(call) }))
  }

  hangUp(reason: CallReason = 'hangup'): void {
    const { ongoing } = this
    if (!ongoing) return
    const { conv, call } = ongoing
    this.finish(ongoing, true, reason)
    this.untold.set(call, { conv, call, reason })
    this.tell()
  }

  mute(muted: boolean): void {
    this.ongoing?.mute(muted)
  }

  turnCamera = (on: boolean): Promise<void> | undefined => this.ongoing?.turnCamera(on)
  share = (on: boolean): Promise<void> | undefined => this.ongoing?.share(on)
  renew = (device: 'microphone' | 'camera'): Promise<void> | undefined => this.ongoing?.renew(device)
  forgetProblem = (): void => this.ongoing?.forgetProblem()

  /** Puts the card or the sentence away. */
  forget(): void {
    this.desk.set((desk) => ({ ...desk, ended: null, obstacle: null }))
  }

  nudged(nudge: Nudge): void {
    this.ongoing?.nudged(nudge)
  }

  /** After each new connection: what this tab was in before it was loaded anew goes on. */
  greeted(): void {
    this.tell()
    this.ongoing?.mesh.lookAgain()
    if (!this.ongoing) for (const known of this.parts.store.get().calls.values()) if (this.isMine(known)) void this.rejoin(known)
  }

  private isMine(known: KnownCall): boolean {
    const stage = stageOf(known, this.parts.self(), performance.now())
    return (stage === 'active' || stage === 'calling') && !this.untold.has(known.call)
  }

  private async rejoin({ call, conv, media }: KnownCall): Promise<void> {
    const ongoing = this.begin(call, conv, media, 'joining', true)
    await this.attempt(ongoing, async () => {
      if (await ongoing.open(media === 'video')) this.review()
    })
  }

  private begin(call: Id, conv: Id, media: Media, phase: 'starting' | 'joining', recovering = false): Ongoing {
    const { store, rtc, wire, self, preferences, view } = this.parts
    this.forget()
    const ongoing: Ongoing = new Ongoing(
      call,
      conv,
      media,
      phase,
      {
        rtc,
        self,
        address: (user) => store.get().people.get(user)?.email ?? null,
        live: () => wire.live,
        choice: () => preferences.get(),
        show: (mine) => this.show(ongoing, mine),
        lost: () => this.hangUp('failed'),
      },
      recovering,
    )
    this.ongoing = ongoing
    view.set(() => 'full')
    ongoing.show()
    return ongoing
  }

  private show(ongoing: Ongoing, mine: Mine): void {
    if (this.ongoing === ongoing) this.desk.set((desk) => ({ ...desk, mine }))
  }

  /** The session of a call of two is made before it rings there, so that media can flow right after the answer. */
  private async prepare(ongoing: Ongoing): Promise<string | null> {
    const { store, self } = this.parts
    const conversation = store.get().conversations.get(ongoing.conv)
    const other = conversation ? partner(conversation, self().me) : null
    return other !== null && store.get().people.has(other) ? ongoing.mesh.prepare(other) : null
  }

  /** In the call, or in the one that somebody else started at the same moment. */
  private joined(ongoing: Ongoing, snapshot: Snapshot): void {
    this.parts.take(snapshot)
    if (this.ongoing !== ongoing) {
      // It was ended here while it began.
      this.untold.set(snapshot.call, { conv: snapshot.conv, call: snapshot.call, reason: 'hangup' })
      this.tell()
      return
    }
    ongoing.call = snapshot.call
    ongoing.phase = 'calling'
    this.review()
  }

  /** Does what may be impossible, and says why it was. */
  private async attempt(ongoing: Ongoing, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (this.ongoing !== ongoing) return
      this.abandon(ongoing, error)
    }
  }

  private abandon(ongoing: Ongoing, error: unknown): void {
    const { conv, call, phase } = ongoing
    this.close(ongoing, true)
    // Somebody may hear it ring, or believe that I am there.
    if (phase !== 'starting' && error instanceof MediaFailure) this.hangUpAfterReload(conv, call)
    const obstacle = error instanceof MediaFailure ? { conv, media: error.problem } : { conv, media: null, why: whyNot(error) }
    this.desk.set((desk) => ({ ...desk, obstacle }))
  }

  private hangUpAfterReload(conv: Id, call: Id): void {
    const known = this.parts.store.get().calls.get(conv)
    if (!known || !this.isMine(known)) return
    this.untold.set(call, { conv, call, reason: 'hangup' })
    this.tell()
  }

  /** What the newest snapshot means for the call of this tab. */
  private review(): void {
    const { ongoing } = this
    if (!ongoing) {
      this.amend()
      return
    }
    const known = this.parts.store.get().calls.get(ongoing.conv)
    if (!known || known.call !== ongoing.call) return
    const stage = stageOf(known, this.parts.self(), performance.now())
    if (stage === 'active' || stage === 'calling') ongoing.follow(known)
    // Without a word of how it ended, the server may have lost it: then media goes on as long as it does.
    else if (stage === 'over' && !(known.reason === undefined && ongoing.mesh.connected)) this.finish(ongoing, false)
    else if (stage === 'elsewhere') this.leaveTo(ongoing)
    else if (stage === 'open' && ongoing.since !== null) void this.comeBack(ongoing)
  }

  private amend(): void {
    const { store, self } = this.parts
    const calls = store.get().calls
    this.desk.set((desk) => {
      const ended = desk.ended && amended(desk.ended, calls.get(desk.ended.conv), self().me)
      return ended === desk.ended ? desk : { ...desk, ended }
    })
  }

  private leaveTo(ongoing: Ongoing): void {
    this.close(ongoing, false)
    this.desk.set((desk) => ({ ...desk, obstacle: { conv: ongoing.conv, media: null, why: 'elsewhere' } }))
  }

  /** We were away for so long that the server took us out; the others are still there. */
  private async comeBack(ongoing: Ongoing): Promise<void> {
    if (ongoing.phase === 'joining') return
    ongoing.phase = 'joining'
    const { conv, call } = ongoing
    await this.attempt(ongoing, async () => this.joined(ongoing, await insist(this.parts, 'call.accept', { conv, call })))
  }

  private finish(ongoing: Ongoing, left: boolean, reason: CallReason = 'hangup'): void {
    const { store, self } = this.parts
    const known = store.get().calls.get(ongoing.conv)
    const account = accountOf(ongoing, ongoing.mesh.history, known?.call === ongoing.call ? known : undefined, self().me, left, performance.now())
    this.close(ongoing, left)
    this.desk.set((desk) => ({ ...desk, ended: reason === 'failed' ? { ...account, ending: 'failed' } : account }))
  }

  private close(ongoing: Ongoing, leaves: boolean): void {
    this.ongoing = null
    ongoing.close(leaves)
    this.parts.view.set(() => 'none')
    this.desk.set((desk) => ({ ...desk, mine: null }))
  }

  /** Tells the server which calls were ended here; again with the next connection if that fails. */
  private tell(): void {
    for (const [id, ending] of this.untold)
      this.parts.wire.request('call.end', ending).then(
        (snapshot) => {
          this.untold.delete(id)
          this.parts.take(snapshot)
        },
        (error: unknown) => {
          unlessUntold(error)
          if (error instanceof Refused) this.untold.delete(id)
        },
      )
  }
}

function whyNot(error: unknown): Obstacle {
  if (error instanceof Refused) return obstacleOf(error.problem.type)
  if (error instanceof Lost) return 'offline'
  if (error instanceof Failure) return error.status === 0 ? 'offline' : obstacleOf(error.problem.type)
  throw error
}

function unlessUntold(error: unknown): void {
  if (!(error instanceof Refused || error instanceof Lost)) throw error
}
