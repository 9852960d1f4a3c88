/**
 * The own microphone, camera and screen during a call: opened when wanted, closed when not, so that no lamp stays on.
 *
 * What cannot be had becomes a MediaProblem; permissions.ts has the sentences.
 */
import { troubleOf, type Device, type MediaProblem } from './permissions'

/** Which devices a person has chosen; empty for the browser's choice. */
export interface Choice {
  microphone: string
  camera: string
}

export class MediaFailure extends Error {
  constructor(readonly problem: MediaProblem) {
    super(problem.trouble)
  }
}

const VIDEO: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } }
const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

const wanted = (device: 'microphone' | 'camera', which: MediaTrackConstraints): MediaStreamConstraints =>
  device === 'camera' ? { video: { ...VIDEO, ...which } } : { audio: { ...AUDIO, ...which } }

/** One track of the device that was chosen, or of another where that one is not there any more. Throws MediaFailure. */
export async function openTrack(device: 'microphone' | 'camera', id: string): Promise<MediaStreamTrack> {
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (!devices) throw new MediaFailure({ device, trouble: 'insecure' })
  const any = () => devices.getUserMedia(wanted(device, {}))
  // With `ideal` a browser may weigh other wishes more and take another camera.
  const exact = () => devices.getUserMedia(wanted(device, { deviceId: { exact: id } })).catch((error: unknown) => (isGone(error) ? any() : Promise.reject(error as Error)))
  const stream = await (id ? exact() : any()).catch((error: unknown) => failed(device, error))
  const track = stream.getTracks()[0]
  return track ?? failed(device, new DOMException('no track', 'NotFoundError'))
}

const isGone = (error: unknown): boolean => troubleOf(error) === 'missing'

function failed(device: Device, error: unknown): never {
  throw new MediaFailure({ device, trouble: troubleOf(error) })
}

export interface Opened {
  local: LocalMedia
  /** What is missing though the call goes on without it. */
  problem: MediaProblem | null
}

export class LocalMedia {
  /** What the self view shows; the tracks in it change. */
  readonly view = new MediaStream()
  camera: MediaStreamTrack | null = null
  screen: MediaStreamTrack | null = null

  private constructor(
    public microphone: MediaStreamTrack,
    private readonly choice: () => Choice,
    /** Told when tracks come, go or change. */
    private readonly changed: () => void,
  ) {}

  /** With the microphone, and the camera if it is wanted and can be had. Throws MediaFailure without a microphone. */
  static async open(video: boolean, choice: () => Choice, changed: () => void): Promise<Opened> {
    const [microphone, camera] = await Promise.allSettled([openTrack('microphone', choice().microphone), video ? openTrack('camera', choice().camera) : null])
    if (microphone.status === 'rejected') {
      if (camera.status === 'fulfilled') camera.value?.stop()
      throw microphone.reason
    }
    const local = new LocalMedia(microphone.value, choice, changed)
    if (camera.status === 'fulfilled') local.put(camera.value)
    return { local, problem: camera.status === 'rejected' ? problemOf(camera.reason) : null }
  }

  /** What is sent as picture: the screen while it is shared. */
  get picture(): MediaStreamTrack | null {
    return this.screen ?? this.camera
  }

  get hears(): boolean {
    return this.microphone.enabled
  }

  mute(muted: boolean): void {
    this.microphone.enabled = !muted
    this.changed()
  }

  /** Throws MediaFailure if it cannot be switched on. */
  async turnCamera(on: boolean): Promise<void> {
    if (on === (this.camera !== null)) return
    this.put(on ? await openTrack('camera', this.choice().camera) : null)
    this.changed()
  }

  /** Takes the devices that are chosen now. Throws MediaFailure, and keeps what was. */
  async renew(device: 'microphone' | 'camera'): Promise<void> {
    if (device === 'camera') {
      if (this.camera) this.put(await openTrack('camera', this.choice().camera))
    } else {
      const next = await openTrack('microphone', this.choice().microphone)
      next.enabled = this.microphone.enabled
      this.microphone.stop()
      this.microphone = next
    }
    this.changed()
  }

  /** Asks which screen or window; nothing happens if none is chosen. Throws MediaFailure where it cannot be done. */
  async share(): Promise<void> {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false }).catch((error: unknown) => {
      // Closing the browser's question is an answer.
      if (troubleOf(error) === 'refused') return null
      return failed('screen', error)
    })
    const track = stream?.getVideoTracks()[0]
    if (!track) return
    track.contentHint = 'detail'
    track.onended = () => this.unshare()
    this.screen = track
    this.changed()
  }

  unshare(): void {
    this.screen?.stop()
    this.screen = null
    this.changed()
  }

  close(): void {
    for (const track of [this.microphone, this.camera, this.screen]) track?.stop()
  }

  private put(camera: MediaStreamTrack | null): void {
    if (this.camera) {
      this.view.removeTrack(this.camera)
      this.camera.stop()
    }
    if (camera) this.view.addTrack(camera)
    this.camera = camera
  }
}

/** The problem of an error that is one; others are thrown on. */
export function problemOf(error: unknown): MediaProblem {
  if (!(error instanceof MediaFailure)) throw error
  return error.problem
}

export interface Devices {
  microphones: MediaDeviceInfo[]
  cameras: MediaDeviceInfo[]
  speakers: MediaDeviceInfo[]
}

/** What there is to choose from; names are known only after a permission. */
export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices()
  const of = (kind: MediaDeviceKind) => all.filter((one) => one.kind === kind && one.deviceId !== '')
  return { microphones: of('audioinput'), cameras: of('videoinput'), speakers: of('audiooutput') }
}
