/** Statistics in words: the way, the losses, the times. */
import { describe, expect, test } from 'vitest'
import { loudness } from '../src/features/calls/level'
import { connected, countersOf, heardOf, isSpeaking, joined, lost, pathOf, qualityOf, setUpMs, wasLoud, type Stat } from '../src/features/calls/quality'

interface Way {
  local?: string
  protocol?: string
  remote?: string
  rtt?: number
}
const stats = ({ local = 'host', protocol, remote = 'host', rtt = 0.02 }: Way = {}, packets: [number, number] = [0, 100]): Stat[] => [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
  { id: 'O', type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'X', remoteCandidateId: 'X' },
  { id: 'P', type: 'candidate-pair', localCandidateId: 'L', remoteCandidateId: 'R', currentRoundTripTime: rtt },
  { id: 'L', type: 'local-candidate', candidateType: local, ...(protocol && { relayProtocol: protocol }) },
  { id: 'R', type: 'remote-candidate', candidateType: remote },
  { id: 'I', type: 'inbound-rtp', packetsLost: packets[0], packetsReceived: packets[1] },
]

test.each([
  [{}, 'direct'],
  [{ local: 'srflx', remote: 'prflx' }, 'direct'],
  [{ local: 'relay', protocol: 'udp' }, 'relay-udp'],
  [{ local: 'relay', protocol: 'tcp' }, 'relay-tcp'],
  [{ local: 'relay', protocol: 'tls' }, 'relay-tls'],
  [{ local: 'relay' }, 'relay'],
  [{ remote: 'relay' }, 'relay'],
] as const)('the path is that of the pair in use: %o', (way, path) => {
  expect(pathOf(stats(way))).toBe(path)
})

test('without a pair in use the path is unknown; without a transport the nominated pair counts', () => {
  expect(pathOf([])).toBe('unknown')
  const nominated = { id: 'P', type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'L', remoteCandidateId: 'R' }
  expect(pathOf([nominated, ...stats({ local: 'relay', protocol: 'udp' }).slice(3)])).toBe('relay-udp')
})

describe('quality', () => {
  const none = { lost: 0, received: 0 }

  test.each([
    [[1, 99], 0.02, 'good'],
    [[5, 95], 0.02, 'fair'],
    [[0, 100], 0.3, 'fair'],
    [[10, 90], 0.02, 'poor'],
    [[0, 100], 0.7, 'poor'],
    [[0, 0], 0.02, 'unknown'],
  ] as const)('losses and round trip decide: %o at %f s is %s', (packets, rtt, grade) => {
    expect(qualityOf(stats({ rtt }, [...packets]), none).grade).toBe(grade)
  })

  test('it is that of the last interval, while the account of all losses goes on', () => {
    const bad = stats({}, [50, 50])
    const after = qualityOf(stats({}, [50, 450]), countersOf(bad))
    expect(after).toMatchObject({ grade: 'good', loss: 0, lossAll: 0.1 })
  })

  test('counters that begin anew count nothing negative', () => {
    expect(qualityOf(stats({}, [0, 10]), { lost: 50, received: 900 }).loss).toBe(0)
  })
})

describe('the life of a connection', () => {
  test('set-up is from joining to the first media; a loss and its end are one reconnect', () => {
    const up = connected(joined(1000), 1800)
    expect(setUpMs(up)).toBe(800)
    const again = connected(lost(lost(up, 5000), 6000), 7000)
    expect(again).toMatchObject({ reconnects: 1, lostAt: null, connectedAt: 1800 })
    expect(connected(again, 8000)).toBe(again)
  })

  test('one that never was connected has no set-up time, and its first connection is no reconnect', () => {
    expect(setUpMs(joined(0))).toBeNull()
    expect(connected(lost(joined(0), 10), 20)).toMatchObject({ reconnects: 0, lostAt: null })
  })

  test('a loss counts from its beginning', () => {
    expect(lost(lost(joined(0), 10), 20).lostAt).toBe(10)
  })
})

test('somebody speaks until a moment after they were last loud', () => {
  expect([isSpeaking(null, 0), isSpeaking(100, 699), isSpeaking(100, 700)]).toEqual([false, true, false])
})

test('a short word between two readings is heard, and silence, noise and a new connection are not', () => {
  const begin = { energy: 2, duration: 60 }
  const after = (level: number, seconds: number) => ({ energy: 2 + level ** 2 * seconds, duration: 60.25 })
  expect(wasLoud(begin, after(0.5, 0.02))).toBe(true)
  expect([after(0, 0.25), after(0.005, 0.25), begin, { energy: 0.5, duration: 0.2 }].some((one) => wasLoud(begin, one))).toBe(false)
  expect([wasLoud(null, begin), wasLoud(begin, null)]).toEqual([false, false])
})

test('what was heard is that of the audio line', () => {
  const line = { id: 'a', type: 'inbound-rtp', kind: 'audio', totalAudioEnergy: 0.2, totalSamplesDuration: 3 }
  expect(heardOf([{ ...line, id: 'v', kind: 'video', totalAudioEnergy: 9 }, { ...line, id: 't', type: 'track' }, line])).toEqual({ energy: 0.2, duration: 3 })
  expect(heardOf([{ ...line, totalAudioEnergy: undefined }])).toBeNull()
})

test('loudness goes from silence to full scale', () => {
  expect([loudness(new Float32Array(8)), loudness(new Float32Array(8).fill(1)), loudness(new Float32Array())]).toEqual([0, 1, 0])
  expect(loudness(new Float32Array(8).fill(0.03))).toBeGreaterThan(0.3)
})
