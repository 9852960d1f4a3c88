/** The calls of rtc-service: addresses, conditions, and what a refusal becomes. */
import { expect, test, vi } from 'vitest'
import { Rtc } from '../src/features/calls/rtc'
import { Failure } from '../src/http'
import { CALL, SessionServer } from './support/calls'
import { CONV } from './support/samples'

const document = new SessionServer().read()

function service(response: () => Response, base = '') {
  const fetch = vi.fn(() => Promise.resolve(response()))
  const asked = () => {
    const [path, init] = fetch.mock.calls.at(-1) as unknown as [string, RequestInit]
    return { path, method: init.method, headers: init.headers as Record<string, string>, body: init.body === undefined ? null : (JSON.parse(init.body as string) as unknown), init }
  }
  return { rtc: new Rtc(fetch, base), asked }
}
const ok = () => Response.json(document)

test('a session is made under a key, with the cookie, wherever the service is', async () => {
  const { rtc, asked } = service(ok, 'https://rtc.example.org')
  const wanted = { initiator: 'a@x.org', peer: 'b@x.org', conversation_id: CONV, call_id: CALL }
  expect(await rtc.create(wanted, `${CALL}:1:2`)).toEqual(document)
  expect(asked()).toMatchObject({ path: 'https://rtc.example.org/sessions', method: 'POST', body: wanted, init: { credentials: 'include' } })
  expect(asked().headers['Idempotency-Key']).toBe(`${CALL}:1:2`)
})

test('a first offer is made over none, a later one over the one that was seen', async () => {
  const { rtc, asked } = service(ok)
  await rtc.offer('s', 'a@x.org', 'sdp', 0)
  expect(asked().headers).toMatchObject({ 'If-None-Match': '*' })
  await rtc.offer('s', 'a@x.org', 'sdp', 3)
  expect(asked().headers).toMatchObject({ 'If-Match': '"3"' })
  expect(asked().headers).not.toHaveProperty('If-None-Match')
})

test('an answer names its offer; credentials come with one’s own address', async () => {
  const { rtc, asked } = service(ok)
  await rtc.answer('s', 'b@x.org', 'sdp', 3)
  expect(asked()).toMatchObject({ path: '/sessions/s/answer', body: { from: 'b@x.org', sdp: 'sdp', offer_rev: 3 } })
  await rtc.read('s', 7, 'b+1@x.org')
  expect(asked().path).toBe('/sessions/s?since=7&participant=b%2B1%40x.org')
})

test('a held poll that sees nothing new answers null', async () => {
  const { rtc, asked } = service(() => new Response(null, { status: 304 }))
  expect(await rtc.next('s', 4, 9)).toBeNull()
  expect(asked()).toMatchObject({ path: '/sessions/s?since=4&wait=25', headers: { 'If-None-Match': 'W/"9"' } })
})

test('a refusal is a Failure with the problem', async () => {
  const problem = { type: '/problems/precondition-failed', title: 'no', status: 412 }
  const { rtc } = service(() => Response.json(problem, { status: 412, headers: { 'content-type': 'application/problem+json' } }))
  await expect(rtc.offer('s', 'a@x.org', 'sdp', 1)).rejects.toMatchObject({ status: 412, problem })
  await expect(service(() => new Response(null, { status: 404 })).rtc.remove('s')).rejects.toBeInstanceOf(Failure)
})
