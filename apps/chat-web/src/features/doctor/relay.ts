/** One packet through one relay server and back: two connections of this page that may use nothing else. */
import type { Sight } from './verdict'

/** As long as a call would have patience with a server, and with the way between two relay addresses. */
const GATHER_MS = 8_000
const RETURN_MS = 10_000

/** Never throws for what a server does; what it does is seen. */
export async function relayOnce(server: RTCIceServer): Promise<Sight> {
  const trial = new Trial(server)
  try {
    return await trial.run()
  } finally {
    trial.close()
  }
}

class Trial {
  private relays = 0
  private readonly errors: number[] = []
  private readonly ours: RTCPeerConnection
  private readonly theirs: RTCPeerConnection

  constructor(server: RTCIceServer) {
    const only: RTCConfiguration = { iceServers: [server], iceTransportPolicy: 'relay' }
    this.ours = new RTCPeerConnection(only)
    this.theirs = new RTCPeerConnection(only)
  }

  async run(): Promise<Sight> {
    const channel = this.ours.createDataChannel('doctor')
    this.theirs.ondatachannel = ({ channel: echo }) => (echo.onmessage = ({ data }: MessageEvent<string>) => echo.send(data))
    const returned = new Promise<boolean>((resolve) => {
      channel.onopen = () => channel.send('packet')
      channel.onmessage = () => resolve(true)
    })
    const gathered = Promise.all([this.gather(this.ours, this.theirs), this.gather(this.theirs, this.ours)])
    await this.introduce()
    const nothing = gathered.then(() => this.relays === 0 || never()).then(() => false)
    return { returned: await Promise.race([returned, nothing, this.deadline()]), relays: this.relays, errors: this.errors }
  }

  /** A browser gives up a server that is silent much later than people do. */
  private async deadline(): Promise<false> {
    await after(GATHER_MS)
    if (this.relays > 0) await after(RETURN_MS)
    return false
  }

  close(): void {
    this.ours.close()
    this.theirs.close()
  }

  /** Hands candidates over, and returns once there are no more. */
  private gather(from: RTCPeerConnection, to: RTCPeerConnection): Promise<void> {
    return new Promise((resolve) => {
      from.onicecandidateerror = ({ errorCode }) => void this.errors.push(errorCode)
      from.onicecandidate = ({ candidate }) => {
        if (!candidate) {
          resolve()
          return
        }
        this.relays += 1
        void to.addIceCandidate(candidate)
      }
    })
  }

  private async introduce(): Promise<void> {
    const offer = await this.ours.createOffer()
    await this.theirs.setRemoteDescription(offer)
    await this.ours.setLocalDescription(offer)
    const answer = await this.theirs.createAnswer()
    await this.ours.setRemoteDescription(answer)
    await this.theirs.setLocalDescription(answer)
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const never = () => new Promise<never>(() => undefined)
