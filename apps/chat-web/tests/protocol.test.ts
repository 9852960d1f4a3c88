/** Holds the types of the client to the contract: every golden frame fits them, and every frame of theirs fits the schema. */
import { Ajv2020 } from 'ajv/dist/2020'
import { fullFormats } from 'ajv-formats/dist/formats'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Notice, Notices, Push, Replies, Reply, Request, Requests } from '../src/protocol'
import { NOTICES, PUSHES, REPLIES, REQUESTS, REFUSALS } from './support/frames'

const CONTRACTS = new URL('../../parley/contracts/', import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, CONTRACTS), 'utf8'))
const golden = readdirSync(new URL('examples/', CONTRACTS)).map((name) => name.replace(/\.json$/, ''))

interface Kind {
  properties?: { t?: { const?: string; enum?: string[] } }
}
const schema = read('chat.v1.schema.json') as { $defs: Record<'client' | 'server', { oneOf: Kind[] }> }
const kindsOf = (side: 'client' | 'server') => schema.$defs[side].oneOf.flatMap(({ properties: { t } = {} }) => t?.enum ?? (t?.const ? [t.const] : []))

// The validator's own resolver takes no URN of one part.
const ajv = new Ajv2020({ strict: false, formats: { 'date-time': fullFormats['date-time'] } }).addSchema({ ...schema, $id: 'chat.v1' })
const faults = (side: 'client' | 'server', frame: unknown): unknown => (ajv.validate(`chat.v1#/$defs/${side}`, frame) ? null : ajv.errors)

const requests = Object.entries(REQUESTS).map(([t, d]) => ({ t, id: '01932f00-0000-7000-8000-00000000aaaa', d }))
const notices = Object.entries(NOTICES).map(([t, d]) => ({ t, d }))
const replies = Object.values(REPLIES).map((d): Reply => ({ re: '01932f00-0000-7000-8000-00000000aaaa', ok: true, d }))

test('the types know every kind that a client may send', () => {
  expect([...requests, ...notices].map(({ t }) => t).sort()).toEqual(kindsOf('client').sort())
})

test('the types know every kind that a server may push', () => {
  expect([...new Set(PUSHES.map(({ t }) => t))].sort()).toEqual(kindsOf('server').sort())
})

test.each([...requests, ...notices])('what the client sends fits the schema: $t', (frame) => {
  expect(faults('client', frame)).toBeNull()
})

test.each(PUSHES)('what the types call a push fits the schema: $t', (push) => {
  expect(faults('server', push)).toBeNull()
})

test.each([...replies, ...REFUSALS])('what the types call a reply fits the schema', (reply) => {
  expect(faults('server', reply)).toBeNull()
})

test('a request without an id, and a notice with one, do not fit', () => {
  const [send, typing] = [{ t: 'msg.send', d: REQUESTS['msg.send'] }, { t: 'typing', id: '01932f00-0000-7000-8000-00000000aaaa', d: NOTICES.typing }]
  expect(faults('client', send)).not.toBeNull()
  expect(faults('client', typing)).not.toBeNull()
})

/** Where two values have other members or other kinds of members; the types' value may leave out what is optional. */
function differences(sample: unknown, real: unknown, path = ''): string[] {
  if (Array.isArray(sample) && Array.isArray(real)) return real.slice(0, 1).flatMap((one) => differences(sample[0], one, `${path}/0`))
  if (sample === null || real === null || typeof sample !== 'object' || typeof real !== 'object') return typeof sample === typeof real || real === null ? [] : [path]
  const [ours, theirs] = [sample as Record<string, unknown>, real as Record<string, unknown>]
  if (path.endsWith('/cursors')) return differences(Object.values(ours), Object.values(theirs), `${path}/*`)
  return Object.keys(theirs).flatMap((key) => (key in ours ? differences(ours[key], theirs[key], `${path}/${key}`) : [`${path}/${key}`]))
}

/** The sample of the types that a golden file is an example of. */
function sampleFor(name: string): object | undefined {
  const [side, ...rest] = name.split('.')
  const kind = rest.join('.')
  if (side === 'client') return [...requests, ...notices].find(({ t }) => t === kind)
  if (name === 'server.rtc.gone') return PUSHES.find(({ t }) => t === 'rtc')
  if (side === 'server') return PUSHES.find(({ t, d }) => (t === 'msg' ? (d.kind === 'text' ? 'msg' : `msg.${d.kind}`) : t) === kind)
  const answered = Object.keys(REPLIES).indexOf(kind)
  return rest[0] === 'refused' ? REFUSALS.find(({ err }) => err.type.endsWith(`/${rest.slice(1).join('.')}`)) : replies[answered]
}

test.each(golden)('every member of the golden frame is one that the types know: %s', (name) => {
  const sample = sampleFor(name)
  expect(sample).toBeDefined()
  expect(differences(sample, read(`examples/${name}.json`))).toEqual([])
})

test('there is a golden frame for every kind of the types', () => {
  const names = [...requests, ...notices].map(({ t }) => `client.${t}`)
  names.push(...PUSHES.map(({ t }) => `server.${t}`), ...Object.keys(REPLIES).map((t) => `reply.${t}`))
  expect(names.filter((name) => !golden.includes(name))).toEqual([])
})

test('the samples are complete by their types', () => {
  const sent: Record<keyof Requests, unknown> & Record<keyof Notices, unknown> = { ...REQUESTS, ...NOTICES }
  const answered: Record<keyof Replies, unknown> = REPLIES
  const calls = { 'call.invite': true, 'call.accept': true, 'call.decline': true, 'call.end': true, 'call.update': true, rtc: true } as const
  const kinds: Record<Push['t'], true> = { ...calls, msg: true, read: true, typing: true, presence: true, conv: true, behind: true, bye: true, ping: true, synced: true }
  expect([Object.keys(answered).length, Object.keys(sent).length]).toEqual([9, 13])
  expect(Object.keys(kinds).sort()).toEqual([...new Set(PUSHES.map(({ t }) => t))].sort())
  requests satisfies { id: Request['id'] }[]
  notices satisfies { t: string; d: Notice['d'] }[]
})
