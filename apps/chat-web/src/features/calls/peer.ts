/**
 * One RTCPeerConnection: an audio and a video line that are always there, and a channel on which each side tells what it sends.
 *
 * Tracks come and go by `send`, so switching a camera on needs no new offer. No rules here: edge.ts decides.
 */
import type { CandidateBody } from '../../protocol'
import type { Ice } from './negotiation'
import { heardOf, type Heard, type Stat } from './quality'
import type { OwnCandidate } from './trickle'

/** What a side says that it sends. */
export interface Sends {
  audio: boolean
  video: boolean
  screen: boolean
}

export interface Sending {
  audio: MediaStreamTrack | null
  video: MediaStreamTrack | null
  sends: Sends
}

export interface PeerEvents {
  candidate: (candidate: OwnCandidate) => void
  changed: () => void
}

/** On both sides the same number, so that the channel needs no asking. */
const CHANNEL = 0

export class Peer {
  readonly remote = new MediaStream()
  /** What the other side says that it sends; null as long as it says nothing. */
  sends: Sends | null = null
  private readonly connection: RTCPeerConnection
  private readonly channel: RTCDataChannel
  private sending: Sending

  constructor(iceServers: RTCIceServer[], sending: Sending, events: PeerEvents) {
    this.sending = sending
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' })
    this.channel = this.connection.createDataChannel('sends', { negotiated: true, id: CHANNEL })
    this.listen(events)
  }

  get ice(): Ice {
    // The whole connection: a path without encryption on it is no connection yet.
    const { connectionState } = this.connection
    return connectionState === 'connecting' ? 'checking' : connectionState
  }

  get remoteSdp(): string | null {
    return this.connection.remoteDescription?.sdp ?? null
  }

  async offer(restart: boolean): Promise<string> {
    if (!this.connection.getTransceivers().length) this.addLines()
    await this.connection.setLocalDescription(await this.connection.createOffer({ iceRestart: restart }))
    return this.connection.localDescription?.sdp ?? ''
  }

  rollback(): Promise<void> {
    return this.connection.setLocalDescription({ type: 'rollback' })
  }

  /** Takes an offer, and with it gives up an own one. */
  async answer(offer: string): Promise<string> {
    await this.connection.setRemoteDescription({ type: 'offer', sdp: offer })
    this.fillLines()
    await this.connection.setLocalDescription(await this.connection.createAnswer())
    return this.connection.localDescription?.sdp ?? ''
  }

  accept(answer: string): Promise<void> {
    return this.connection.setRemoteDescription({ type: 'answer', sdp: answer })
  }

  add({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: CandidateBody): Promise<void> {
    const line = sdpMid === undefined && sdpMLineIndex === undefined ? { sdpMLineIndex: 0 } : { sdpMid: sdpMid ?? null, sdpMLineIndex: sdpMLineIndex ?? null }
    return this.connection.addIceCandidate({ candidate, ...line, usernameFragment: usernameFragment ?? null })
  }

  /** Sends other tracks from now on. */
  send(sending: Sending): void {
    this.sending = sending
    for (const { sender, receiver, stopped } of this.lines()) if (!stopped) void sender.replaceTrack(this.trackFor(receiver.track.kind))
    this.tell()
  }

  use(iceServers: RTCIceServer[]): void {
    this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers })
  }

  /** What has been heard of the other side; null before anything can be. */
  async heard(): Promise<Heard | null> {
    const audio = this.connection.getReceivers().find(({ track }) => track.kind === 'audio')
    return audio ? heardOf(values(await audio.getStats())) : null
  }

  async stats(): Promise<Stat[]> {
    return values(await this.connection.getStats())
  }

  close(): void {
    this.connection.onicecandidate = this.connection.onconnectionstatechange = this.connection.ontrack = null
    this.channel.onopen = this.channel.onmessage = null
    this.connection.close()
  }

  private listen({ candidate, changed }: PeerEvents): void {
    this.connection.onicecandidate = ({ candidate: found }) => candidate(found ? own(found) : END)
    this.connection.onconnectionstatechange = changed
    this.connection.ontrack = ({ track }) => {
      this.remote.addTrack(track)
      track.onmute = track.onunmute = changed
      changed()
    }
    this.channel.onopen = () => this.tell()
    this.channel.onmessage = ({ data }) => {
      this.sends = sendsIn(data)
      changed()
    }
  }

  private tell(): void {
    if (this.channel.readyState === 'open') this.channel.send(JSON.stringify(this.sending.sends))
  }

  private lines = (): { sender: RTCRtpSender; receiver: RTCRtpReceiver; stopped: boolean }[] =>
    this.connection.getTransceivers().map(({ sender, receiver, currentDirection }) => ({ sender, receiver, stopped: currentDirection === 'stopped' }))

  private trackFor = (kind: string): MediaStreamTrack | null => (kind === 'audio' ? this.sending.audio : this.sending.video)

  private addLines(): void {
    for (const kind of ['audio', 'video'] as const) this.connection.addTransceiver(this.trackFor(kind) ?? kind, { direction: 'sendrecv' })
  }

  /** The lines that the other side's offer made: both ways, with our tracks. */
  private fillLines(): void {
    for (const transceiver of this.connection.getTransceivers()) {
      if (transceiver.currentDirection !== null) continue
      transceiver.direction = 'sendrecv'
      void transceiver.sender.replaceTrack(this.trackFor(transceiver.receiver.track.kind))
    }
  }
}

const END: OwnCandidate = { candidate: '', sdpMid: null, sdpMLineIndex: null, usernameFragment: null }

const own = ({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate): OwnCandidate => ({ candidate, sdpMid, sdpMLineIndex, usernameFragment })

/** What another client wrote on the channel; null if it is something else. */
function sendsIn(data: unknown): Sends | null {
  if (typeof data !== 'string') return null
  try {
    const said = JSON.parse(data) as Partial<Sends> | null
    return said && { audio: said.audio !== false, video: said.video === true, screen: said.screen === true }
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const values = (report: RTCStatsReport): Stat[] => [...(report as unknown as Map<string, Stat>).values()]
