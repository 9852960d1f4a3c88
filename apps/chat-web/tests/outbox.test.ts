/** Which unsent message goes next, and what each answer means for it. */
import { expect, test } from 'vitest'
import * as outbox from '../src/features/messages/outbox'
import { Dice } from './support/random'
import { id, OTHER, sure, unsent } from './support/samples'
import { problem } from './support/server'

const [a, b, c] = [unsent(1), unsent(2), unsent(3, OTHER)]
const ids = (list: outbox.Outbox) => list.map((one) => one.id)

test('of each conversation the oldest goes, and none while one is on its way', () => {
  expect(ids(outbox.next([a, b, c], 0))).toEqual([a.id, c.id])
  expect(ids(outbox.next(outbox.sending([a, b, c], a.id), 0))).toEqual([c.id])
  expect(ids(outbox.next(outbox.refused([a, b], a.id, problem(409, 'stale-cursor'), 0), 0))).toEqual([])
})

test('a failed one holds nobody up, and one that waits for time does', () => {
  expect(ids(outbox.next(outbox.refused([a, b], a.id, problem(404, 'not-found'), 0), 0))).toEqual([b.id])
  expect(outbox.next([{ ...a, notBefore: 100 }, b], 99)).toEqual([])
  expect(ids(outbox.next([{ ...a, notBefore: 100 }, b], 100))).toEqual([a.id])
})

test('id and after stay the same through every retry', () => {
  let box: outbox.Outbox = [a]
  const same = () => expect(box[0]).toMatchObject({ id: a.id, after: a.after, body: a.body })
  box = outbox.unanswered(outbox.sending(box, a.id), a.id)
  same()
  box = outbox.refused(outbox.sending(box, a.id), a.id, problem(429, 'rate-limited', { retry_after_ms: 5 }), 0)
  same()
  box = outbox.retried(outbox.refused(box, a.id, problem(422, 'invalid'), 0), a.id)
  same()
  expect(box[0]).toMatchObject({ state: 'queued', attempts: 0, notBefore: 0 })
  expect(box[0]).not.toHaveProperty('problem')
})

test.each([429, 500, 503])('%d waits as long as the answer says, and is not a failure', (status) => {
  const [waiting] = outbox.refused([a], a.id, problem(status, 'later', { retry_after_ms: 700 }), 1000)
  expect(waiting).toMatchObject({ state: 'queued', notBefore: 1700 })
})

test('503 without a time waits twice as long with each attempt, at most 30 s', () => {
  const waits = [1, 2, 3, 10].map((attempts) => outbox.refused([{ ...a, attempts }], a.id, problem(503, 'unavailable'), 0)[0]?.notBefore)
  expect(waits).toEqual([1000, 2000, 4000, 30_000])
})

test.each([400, 403, 404, 413, 422])('%d is a failure that is shown with its reason', (status) => {
  const [failed] = outbox.refused([a], a.id, problem(status, 'no'), 0)
  expect(failed).toMatchObject({ state: 'failed', problem: { status } })
})

test('only a failed one is tried again by hand', () => {
  const box = outbox.sending([a], a.id)
  expect(outbox.retried(box, a.id)).toEqual(box)
})

test('after the log was searched in vain it starts anew from its end', () => {
  const [again] = outbox.restarted(outbox.refused([a], a.id, problem(409, 'stale-cursor'), 0), a.id, [2, 9])
  expect(again).toMatchObject({ id: a.id, after: [2, 9], state: 'queued' })
})

test('the time to wake is the first of those that are at the head', () => {
  expect(outbox.wakeAt([{ ...a, notBefore: 300 }, { ...b, notBefore: 100 }, { ...c, notBefore: 200 }])).toBe(200)
  expect(outbox.wakeAt(outbox.sending([a], a.id))).toBeNull()
})

test('the same message is added once, and taking out an unknown one changes nothing', () => {
  const box = outbox.add([a], a)
  expect(box).toEqual([a])
  expect(outbox.without(box, id(7))).toBe(box)
})

test('an emoji counts as one character, as on the server', () => {
  expect(outbox.length('👋🏽é')).toBe(3)
})

test('whatever is answered, each conversation has at most one on its way and keeps its order', () => {
  const dice = new Dice(4)
  for (let run = 0; run < 50; run++) {
    let box: outbox.Outbox = Array.from({ length: 6 }, (_, index) => unsent(index, dice.chance(0.5) ? OTHER : undefined))
    const done: number[] = []
    for (let now = 0; box.length && now < 100_000_000; now += 40_000) {
      for (const one of outbox.next(box, now)) box = outbox.sending(box, one.id)
      const sent = box.filter(({ state }) => state === 'sending')
      expect(new Set(sent.map(({ conv }) => conv)).size).toBe(sent.length)
      const one = sure(sent[dice.below(sent.length)])
      const answer = dice.below(4)
      if (answer === 0) box = outbox.unanswered(box, one.id)
      else if (answer === 1) box = outbox.refused(box, one.id, problem(429, 'rate-limited'), now)
      else if (answer === 2) box = outbox.restarted(outbox.refused(box, one.id, problem(409, 'stale-cursor'), now), one.id, [1, now])
      else {
        done.push(Number(one.body.slice('unsent '.length)) + (one.conv === OTHER ? 100 : 0))
        box = outbox.without(box, one.id)
      }
    }
    for (const half of [done.filter((one) => one < 100), done.filter((one) => one >= 100)]) expect(half).toEqual([...half].sort((x, y) => x - y))
    expect(done).toHaveLength(6)
  }
})
