/** The call that this tab is in: own media, edges, and the clock that watches both. Next: calling.ts begins and ends it. */
import type { Id, Media, Nudge, Snapshot } from '../../protocol'
import { memberOf, ringsThere, type Self } from './call'
import { peerView, type Mine, type PeerView, type Phase } from './desk'
import { edgesOf } from './edges'
import { LocalMedia, problemOf, type Choice } from './media'
import { Mesh, type MeshParts } from './mesh'
import type { Sending } from './peer'
import type { MediaProblem } from './permissions'
import { isSpeaking } from './quality'

const TICK_MS = 500
const MEASURE_MS = 2000
const LISTEN_MS = 250

export interface OngoingParts extends Omit<MeshParts, 'conv' | 'call' | 'sending' | 'changed' | 'me'> {
  self: () => Self
  address: (user: Id) => string | null
  choice: () => Choice
  /** The view is another one. */
  show: (mine: Mine) => void
  /** Nobody could be reached for too long. */
  lost: () => void
}

export class Ongoing {
  phase: Phase
  since: number | null = null
  readonly mesh: Mesh
  private local: LocalMedia | null = null
  private problem: MediaProblem | null = null
  private rings = false
  private recovers: ReadonlySet<string> | null = null
  private readonly loudAt = new Map<Id, number>()
  /** Who speaks, as it was told last. */
  private speakers = ''
  private readonly timers: ReturnType<typeof setInterval>[] = []
  private closed = false

  constructor(
    public call: Id,
    readonly conv: Id,
    readonly media: Media,
    phase: Phase,
    private readonly parts: OngoingParts,
    private readonly recovering = false,
  ) {
    this.phase = phase
    const { rtc, address, live, self } = parts
    this.mesh = new Mesh({ rtc, call, conv, me: address(self().me) ?? '', address, live, sending: () => this.sending(), changed: () => this.show() })
    this.timers.push(setInterval(() => this.tick(), TICK_MS), setInterval(() => void this.measure(), MEASURE_MS), setInterval(() => void this.listen(), LISTEN_MS))
    window.addEventListener('online', this.moved)
  }

  /** Opens the microphone; the camera joins when it is ready. Throws MediaFailure without a microphone; true if the call still wants them. */
  async open(video: boolean): Promise<boolean> {
    const { local, picture } = await LocalMedia.open(video, this.parts.choice, () => this.localChanged())
    if (this.closed) local.close()
    else {
      this.local = local
      this.localChanged()
    }
    void this.trying(() => picture ?? undefined)
    return !this.closed
  }

  /** Follows the newest snapshot of this call. */
  follow(call: Snapshot): void {
    const plans = edgesOf(call, this.parts.self())
    this.recovers ??= new Set(this.recovering ? plans.map(({ key }) => key) : [])
    this.rings = ringsThere(call)
    if (call.state === 'active' && memberOf(call, this.parts.self().me)?.st === 'joined') this.since ??= performance.now()
    if (this.local) this.mesh.sync(plans, this.recovers)
    if (this.phase !== 'starting' || plans.length) this.phase = call.state === 'active' ? 'active' : 'calling'
    this.show()
  }

  nudged(nudge: Nudge): void {
    this.mesh.nudged(nudge)
  }

  mute(muted: boolean): void {
    this.local?.mute(muted)
  }

  async turnCamera(on: boolean): Promise<void> {
    await this.trying(() => this.local?.turnCamera(on))
  }

  async share(on: boolean): Promise<void> {
    await this.trying(async () => (on ? this.local?.share() : this.local?.unshare()))
  }

  /** Takes the devices that were chosen meanwhile. */
  async renew(device: 'microphone' | 'camera'): Promise<void> {
    await this.trying(() => this.local?.renew(device))
  }

  forgetProblem(): void {
    this.problem = null
    this.show()
  }

  get own(): { microphone: boolean; camera: boolean; screen: boolean } {
    const { local } = this
    return { microphone: local?.hears ?? false, camera: local?.films ?? false, screen: !!local?.screen }
  }

  close(leaves: boolean): void {
    this.closed = true
    for (const timer of this.timers) clearInterval(timer)
    window.removeEventListener('online', this.moved)
    this.mesh.close(leaves)
    this.local?.close()
  }

  private async trying(act: () => Promise<void> | undefined): Promise<void> {
    this.problem = null
    try {
      await act()
    } catch (error) {
      this.problem = problemOf(error)
    }
    this.show()
  }

  private sending(): Sending {
    const { local } = this
    return { audio: local?.microphone ?? null, video: local?.picture ?? null, sends: { audio: this.own.microphone, video: this.own.camera, screen: this.own.screen } }
  }

  private localChanged(): void {
    this.mesh.send()
    this.show()
  }

  private readonly moved = (): void => this.mesh.moved(performance.now())

  private tick(): void {
    const now = performance.now()
    this.mesh.tick(now)
    if (this.mesh.isLost(now)) this.parts.lost()
  }

  private async measure(): Promise<void> {
    await this.mesh.measure()
    this.show()
  }

  private async listen(): Promise<void> {
    const listened = this.mesh.current.map(async ({ peer, edge }) => {
      if (await edge.wasLoud()) this.loudAt.set(peer, performance.now())
    })
    await Promise.all(listened)
    const speakers = this.mesh.current.flatMap(({ peer }) => (this.speaks(peer) ? peer : [])).join()
    if (speakers === this.speakers) return
    this.speakers = speakers
    this.show()
  }

  /** Tells the views how it stands. */
  show(): void {
    if (this.closed) return
    const { call, conv, media, phase, since, problem, local } = this
    const own = local && { stream: local.view, ...this.own }
    this.parts.show({ call, conv, media, phase, ringsThere: this.rings, since, own, peers: this.peers(), problem })
  }

  private peers(): PeerView[] {
    return this.mesh.current.map((one) => peerView(one, this.speaks(one.peer)))
  }

  private speaks = (peer: Id): boolean => isSpeaking(this.loudAt.get(peer) ?? null, performance.now())
}
