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
  /** Done when the camera films; null if it is not wanted. Rejects with a MediaFailure, without which the call goes on. */
  picture: Promise<void> | null
}

export class LocalMedia {
  /** What the self view shows; the tracks in it change. */
  readonly view = new MediaStream()
  camera: MediaStreamTrack | null = null
  screen: MediaStreamTrack | null = null
  /** The camera that is waited for: devices take their time, people even more until they allow them. */
  private opening: Promise<MediaStreamTrack> | null = null
  private closed = false

  private constructor(
    public microphone: MediaStreamTrack,
    private readonly choice: () => Choice,
    /** Told when tracks come, go or change. */
    private readonly changed: () => void,
  ) {}

  /** With the microphone; the camera joins when it is ready. Throws MediaFailure without a microphone. */
  static async open(video: boolean, choice: () => Choice, changed: () => void): Promise<Opened> {
    // A browser opens one device after the other, in this order.
    const microphone = openTrack('microphone', choice().microphone)
    const camera = video ? openTrack('camera', choice().camera) : null
    // It may fail before the microphone is there to go on with.
    camera?.catch(problemOf)
    microphone.catch(() => camera?.then((track) => track.stop(), problemOf))
    const local = new LocalMedia(await microphone, choice, changed)
    return { local, picture: camera && local.film(camera) }
  }

  /** Whether there is a picture of the camera, or will be in a moment. */
  get films(): boolean {
    return this.camera !== null || this.opening !== null
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
    if (on === this.films) return
    if (on) return this.film(openTrack('camera', this.choice().camera))
    this.opening = null
    this.put(null)
    this.changed()
  }

  /** Takes the devices that are chosen now. Throws MediaFailure, and keeps what was. */
  async renew(device: 'microphone' | 'camera'): Promise<void> {
    if (device === 'microphone') this.hear(await openTrack('microphone', this.choice().microphone))
    else if (this.films) await this.film(openTrack('camera', this.choice().camera))
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
    if (this.closed) {
      track.stop()
      return
    }
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
    this.closed = true
    this.opening = null
    for (const track of [this.microphone, this.camera, this.screen]) track?.stop()
  }

  /** Films when the camera is ready, unless by then it was switched off, or another one on. */
  private async film(opening: Promise<MediaStreamTrack>): Promise<void> {
    this.opening = opening
    try {
      const camera = await opening
      if (this.opening === opening) this.put(camera)
      else camera.stop()
    } catch (error) {
      // One that was switched off meanwhile is missed by nobody.
      if (this.opening === opening) throw error
      problemOf(error)
    } finally {
      if (this.opening === opening) this.opening = null
      this.changed()
    }
  }

  private hear(microphone: MediaStreamTrack): void {
    if (this.closed) {
      microphone.stop()
      return
    }
    microphone.enabled = this.microphone.enabled
    this.microphone.stop()
    this.microphone = microphone
    this.changed()
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
