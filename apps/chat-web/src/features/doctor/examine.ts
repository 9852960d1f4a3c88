/** The examination of the ways that calls may go, from this device: access from rtc-service, then each relay server. */
import { Failure } from '../../http'
import type { NewSession, Rtc } from '../calls/rtc'
import { uuidv7 } from '../../uuid'
import { clockDifference, findingOf, type Finding, type Sight, type Trouble } from './verdict'

export interface Report {
  running: boolean
  troubles: Trouble[]
  /** In the order of the server's URLs; without a finding as long as it is examined. */
  servers: { url: string; finding: Finding | null }[]
}

export interface ExaminationParts {
  rtc: Pick<Rtc, 'create' | 'remove'>
  /** The own address. */
  me: string
  relayOnce: (server: RTCIceServer) => Promise<Sight>
  now: () => number
}

export const NOTHING_YET: Report = { running: true, troubles: [], servers: [] }

/** Reports what is known, more each time. One server after the other, because a person has few relays at a time. */
export async function* examine(parts: ExaminationParts): AsyncGenerator<Report> {
  const access = await ask(parts)
  if (!access) {
    yield { running: false, troubles: [{ is: 'no-credentials' }], servers: [] }
    return
  }
  const { troubles, relays } = access
  const findings: Finding[] = []
  const report = (): Report => ({
    running: findings.length < relays.length,
    troubles,
    servers: relays.map(({ url }, index) => ({ url, finding: findings[index] ?? null })),
  })
  yield report()
  for (const { server } of relays) {
    findings.push(findingOf(await parts.relayOnce(server)))
    yield report()
  }
}

interface Access {
  troubles: Trouble[]
  relays: { url: string; server: RTCIceServer }[]
}

/** A session of nobody else, only for the credentials that come with it; null without. */
async function ask({ rtc, me, now }: ExaminationParts): Promise<Access | null> {
  const before = now()
  const wanted: Pick<NewSession, 'initiator'> = { initiator: me }
  try {
    const { session, ice_servers: servers = [] } = await rtc.create(wanted, uuidv7())
    const minutes = clockDifference(Date.parse(session.created_at), before, now())
    await rtc.remove(session.id)
    return accessOf(servers, minutes)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return null
  }
}

function accessOf(servers: RTCIceServer[], minutes: number): Access {
  const relays = servers.flatMap(({ urls, ...rest }) => [urls].flat().map((url) => ({ url, server: { ...rest, urls: [url] } })))
  const clock: Trouble[] = minutes ? [{ is: 'clock-differs', minutes }] : []
  return { troubles: relays.length ? clock : [{ is: 'no-url' }, ...clock], relays }
}
