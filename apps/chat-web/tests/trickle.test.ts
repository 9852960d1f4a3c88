/** The own candidates go out in few requests, soon enough, and none is lost. */
import { expect, test } from 'vitest'
import { BATCH, Trickle, type OwnCandidate } from '../src/features/calls/trickle'

const own = (candidate: string): OwnCandidate => ({ candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'u' })

test('the first batch goes 200 ms after the first candidate, the next 500 ms after that', () => {
  const trickle = new Trickle()
  expect(trickle.due(0)).toBeNull()
  trickle.put(own('1'), 1000)
  trickle.put(own('2'), 1150)
  expect(trickle.due(1150)).toBe(1200)
  expect(trickle.take(1200)).toHaveLength(2)
  trickle.put(own('3'), 1210)
  expect(trickle.due(1210)).toBe(1700)
})

test('the end of candidates takes everything with it at once', () => {
  const trickle = new Trickle()
  trickle.put(own('1'), 1000)
  trickle.put(own(''), 1001)
  expect(trickle.due(1001)).toBe(1001)
  expect(trickle.take(1001).map(({ candidate }) => candidate)).toEqual(['1', ''])
})

test('no batch is larger than the server takes, and the rest follows', () => {
  const trickle = new Trickle()
  for (let index = 0; index < BATCH + 3; index++) trickle.put(own(String(index)), 0)
  expect(trickle.due(0)).toBe(0)
  expect(trickle.take(0)).toHaveLength(BATCH)
  expect(trickle.take(1).map(({ candidate }) => candidate)).toEqual(['32', '33', '34'])
})

test('a batch that did not arrive goes again, before what came later', () => {
  const trickle = new Trickle()
  trickle.put(own('1'), 0)
  const batch = trickle.take(200)
  trickle.put(own('2'), 300)
  trickle.back(batch, 1300)
  expect(trickle.due(1300)).toBe(1500)
  expect(trickle.take(1500).map(({ candidate }) => candidate)).toEqual(['1', '2'])
})
