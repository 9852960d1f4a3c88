/** REST calls: what is sent, what an answer becomes, and what a refusal, a cut or nonsense becomes. */
import { beforeEach, expect, test, vi } from 'vitest'
import { Failure, Http, idempotencyKey, nextPage } from '../src/http'
import { bob, BOB, body, CONV, eve } from './support/samples'
import { problem } from './support/server'

const signedOut = vi.fn()
let calls: { path: string; init: RequestInit }[] = []

beforeEach(() => {
  calls = []
  signedOut.mockClear()
})

const answering = (...answers: (Response | Error)[]): Http =>
  new Http((path, init) => {
    calls.push({ path, init })
    const answer = answers[calls.length - 1] ?? answers.at(-1)
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error())
  }, signedOut)

const refusal = (status: number, what: object, type = 'application/problem+json') => new Response(JSON.stringify(what), { status, headers: { 'content-type': type } })
const failure = async (http: Http): Promise<Failure> => {
  const error: unknown = await http.me().catch((reason: unknown) => reason)
  if (!(error instanceof Failure)) throw error
  return error
}

test('a body is sent as JSON, and credentials only to our own server', async () => {
  await answering(Response.json(bob)).rename('Bob')
  expect(calls[0]).toMatchObject({ path: '/me', init: { method: 'PATCH', body: '{"name":"Bob"}', credentials: 'same-origin' } })
  expect(calls[0]?.init.headers).toEqual({ accept: 'application/json', 'content-type': 'application/json' })
})

test('creating carries a key, and a change of the title the version', async () => {
  const http = answering(Response.json(body(), { status: 201 }), Response.json(body()))
  await http.create({ kind: 'direct', members: [BOB] }, 'key-1')
  await http.retitle(CONV, 'New', '"3"')
  expect(calls.map(({ init }) => init.headers)).toMatchObject([{ 'Idempotency-Key': 'key-1' }, { 'If-Match': '"3"' }])
  expect(idempotencyKey()).not.toBe(idempotencyKey())
})

test('all pages of a list are read by following its links', async () => {
  const first = Response.json([bob], { headers: { link: '</api/conversations/x/members?page=p2>; rel="next"' } })
  expect(await answering(first, Response.json([eve])).members('x')).toEqual([bob, eve])
  expect(calls.map(({ path }) => path)).toEqual(['/api/conversations/x/members?limit=200', '/api/conversations/x/members?page=p2'])
})

test.each([
  ['<https://chat.example/api/people?limit=2&page=x>; rel="next"', '/api/people?limit=2&page=x'],
  ['</api/a>; rel=next', '/api/a'],
  ['<?page=2>; rel="next"', '/api/?page=2'],
  ['</a>; rel="prev", </b>; rel="next"', '/b'],
  ['</a>; rel="prev"', null],
  [null, null],
])('the next page of %s is %s', (link, next) => {
  expect(nextPage(link)).toBe(next)
})

test('nothing is the answer of 204', async () => {
  await expect(answering(new Response(null, { status: 204 })).signOut()).resolves.toMatchObject({ body: undefined })
})

test('a refusal is the problem that the server tells', async () => {
  const told = problem(429, 'rate-limited', { detail: 'wait a little', retry_after_ms: 200 })
  const error = await failure(answering(refusal(429, told)))
  expect([error.problem, error.status, error.message]).toEqual([told, 429, 'wait a little'])
})

test.each([
  ['is no problem', refusal(502, { whatever: 1 }, 'application/json')],
  ['is cut in the middle', new Response('{"type":', { status: 502, headers: { 'content-type': 'application/problem+json' } })],
])('a refusal whose body %s is known by its status', async (_, answer) => {
  expect((await failure(answering(answer))).problem).toMatchObject({ type: 'about:blank', status: 502 })
})

test.each([
  ['no answer', new TypeError('network')],
  ['an answer that ends in the middle', new Response('{"id":')],
  ['a page of something in between', new Response('<html>')],
])('%s is told as unreachable', async (_, answer) => {
  expect((await failure(answering(answer))).problem).toMatchObject({ title: 'unreachable', status: 0 })
})

test('only 401 leads to the sign-in page', async () => {
  await failure(answering(refusal(403, problem(403, 'forbidden'))))
  expect(signedOut).not.toHaveBeenCalled()
  await failure(answering(refusal(401, problem(401, 'unauthenticated'))))
  expect(signedOut).toHaveBeenCalledOnce()
})

test('a search is encoded', async () => {
  await answering(Response.json([])).people('a&b=c')
  expect(calls[0]?.path).toBe('/api/people?limit=200&q=a%26b%3Dc')
})
