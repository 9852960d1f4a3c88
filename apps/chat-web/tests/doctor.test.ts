/** What the doctor makes of what it saw, and in which order it looks. */
import { expect, test } from 'vitest'
import { examine, type ExaminationParts, type Report } from '../src/features/doctor/examine'
import { clockDifference, findingOf, type Sight } from '../src/features/doctor/verdict'
import { Failure } from '../src/http'
import type { RtcDocument } from '../src/protocol'

const ME = 'ann@example.org'
const NOW = Date.parse('2026-03-01T12:00:00Z')
const FINE: Sight = { relays: 2, errors: [], returned: true }

test.each<[string, Sight]>([
  ['fine', FINE],
  ['fine', { relays: 2, errors: [701], returned: true }],
  ['relay-failed', { relays: 1, errors: [701], returned: false }],
  ['unauthorized', { relays: 0, errors: [401, 701], returned: false }],
  ['quota-reached', { relays: 0, errors: [486], returned: false }],
  ['unreachable', { relays: 0, errors: [701], returned: false }],
  ['unreachable', { relays: 0, errors: [], returned: false }],
])('%s is what %o means', (finding, sight) => {
  expect(findingOf(sight)).toBe(finding)
})

test('a clock may differ by a minute, and by as long as the answer took', () => {
  expect(clockDifference(NOW, NOW - 5_000, NOW + 5_000)).toBe(0)
  expect(clockDifference(NOW, NOW - 90_000, NOW + 1_000)).toBe(0)
  expect(clockDifference(NOW, NOW - 60_000, NOW - 60_000)).toBe(0)
  expect(clockDifference(NOW, NOW - 180_000, NOW - 179_000)).toBe(3)
  expect(clockDifference(NOW, NOW + 299_000, NOW + 300_000)).toBe(5)
})

/** A server with these relay servers, which writes down what is asked of it. */
function parts(urls: string[], sights: Record<string, Sight> = {}) {
  const asked: string[] = []
  const servers = urls.length ? [{ urls, username: '1:ann', credential: 'signed' }] : []
  const document = {
    session: { id: 'S', created_at: new Date(NOW).toISOString() },
    ice_servers: servers,
  } as unknown as RtcDocument
  const given: ExaminationParts = {
    rtc: {
      create: (wanted) => {
        asked.push(`create for ${wanted.initiator}`)
        return Promise.resolve(document)
      },
      remove: (id) => {
        asked.push(`remove ${id}`)
        return Promise.resolve()
      },
    },
    me: ME,
    relayOnce: (server) => {
      asked.push(JSON.stringify(server))
      return Promise.resolve(sights[String(server.urls)] ?? FINE)
    },
    now: () => NOW,
  }
  return { given, asked }
}

async function reports(given: ExaminationParts): Promise<Report[]> {
  const all: Report[] = []
  for await (const report of examine(given)) all.push(report)
  return all
}

test('each relay server is tried alone, with the access of a session that is then removed', async () => {
  const { given, asked } = parts(['turn:a', 'turn:b'], { 'turn:b': { relays: 0, errors: [401], returned: false } })
  const all = await reports(given)
  expect(asked).toEqual([
    `create for ${ME}`,
    'remove S',
    '{"username":"1:ann","credential":"signed","urls":["turn:a"]}',
    '{"username":"1:ann","credential":"signed","urls":["turn:b"]}',
  ])
  expect(all.map(({ running, servers }) => [running, servers.map(({ finding }) => finding)])).toEqual([
    [true, [null, null]],
    [true, ['fine', null]],
    [false, ['fine', 'unauthorized']],
  ])
})

test('without a relay server that is what is found', async () => {
  const { given } = parts([])
  expect(await reports(given)).toEqual([{ running: false, troubles: [{ is: 'no-url' }], servers: [] }])
})

test('without an answer there is no access', async () => {
  const { given } = parts(['turn:a'])
  given.rtc.create = () => Promise.reject(new Failure({ type: 'about:blank', title: 'unreachable', status: 0 }))
  expect(await reports(given)).toEqual([{ running: false, troubles: [{ is: 'no-credentials' }], servers: [] }])
})

test('a mistake of ours is not taken for the server’s', async () => {
  const { given } = parts(['turn:a'])
  given.rtc.create = () => Promise.reject(new TypeError('ours'))
  await expect(reports(given)).rejects.toThrow('ours')
})

test('a clock that differs is told beside what else is found', async () => {
  const { given } = parts(['turn:a'])
  given.now = () => NOW + 600_000
  expect((await reports(given)).at(-1)).toEqual({
    running: false,
    troubles: [{ is: 'clock-differs', minutes: 10 }],
    servers: [{ url: 'turn:a', finding: 'fine' }],
  })
})
