/** Telling how far one has read: forward only, once for each step, again after a lost connection. */
import { expect, test } from 'vitest'
import { Reading } from '../src/features/messages/reading'
import { body, CONV, known, storeWith } from './support/samples'
import { FakeWire, problem } from './support/server'

function parts() {
  const [store, wire] = [storeWith([body({ head: 9, read: 2 })]), new FakeWire()]
  return { store, wire, reading: new Reading(store, wire) }
}

const told = (wire: FakeWire) => wire.asked.map(({ d }) => d.seq)

test('a step forward is told and counts as read at once', () => {
  const { store, wire, reading } = parts()
  reading.seen(CONV, 5)
  expect(wire.last).toMatchObject({ t: 'msg.read', d: { conv: CONV, seq: 5 } })
  expect(known(store).read).toBe(5)
})

test('what is read already is not told', () => {
  const { wire, reading } = parts()
  reading.seen(CONV, 2)
  reading.seen(CONV, 1)
  expect(wire.asked).toEqual([])
})

test('one is on its way at a time, and then only the furthest follows', async () => {
  const { wire, reading } = parts()
  for (const seq of [4, 5, 6, 7]) reading.seen(CONV, seq)
  expect(told(wire)).toEqual([4])
  await wire.acknowledge({})
  expect(told(wire)).toEqual([4, 7])
  await wire.acknowledge({})
  expect(told(wire)).toEqual([4, 7])
})

test('what was not answered is told again with the next connection, and no more after that', async () => {
  const { wire, reading } = parts()
  reading.seen(CONV, 4)
  wire.live = false
  await wire.lose()
  reading.seen(CONV, 5)
  wire.live = true
  reading.resume()
  expect(told(wire)).toEqual([4, 5])
  await wire.acknowledge({})
  reading.resume()
  expect(told(wire)).toEqual([4, 5])
})

test('a refusal is not repeated at once, and the next step is told', async () => {
  const { wire, reading } = parts()
  reading.seen(CONV, 4)
  await wire.refuse(problem(429, 'rate-limited'))
  expect(told(wire)).toEqual([4])
  reading.seen(CONV, 5)
  expect(told(wire)).toEqual([4, 5])
})
