/** How fast to send: at will until the server refuses, then slowly for a while. */
import { expect, test } from 'vitest'
import { Pace } from '../src/features/messages/pace'

test('without a refusal nothing is held back', () => {
  const pace = new Pace()
  pace.sent(1000)
  expect(pace.from).toBeLessThanOrEqual(1000)
})

test('after a refusal comes the pause that was asked for, then 400 ms between messages for ten seconds', () => {
  const pace = new Pace()
  pace.refused(1000, 200)
  expect(pace.from).toBe(1200)
  pace.sent(1200)
  expect(pace.from).toBe(1600)
  pace.sent(10_999)
  expect(pace.from).toBe(11_399)
  pace.sent(11_400)
  expect(pace.from).toBe(11_399)
})

test('another refusal meanwhile doubles the gap, up to 3.2 s; a later one begins anew', () => {
  const pace = new Pace()
  const gap = (now: number) => {
    pace.refused(now, 100)
    pace.sent(now + 100)
    return pace.from - now - 100
  }
  expect([1000, 2000, 3000, 4000, 5000].map(gap)).toEqual([400, 800, 1600, 3200, 3200])
  expect(gap(60_000)).toBe(400)
})
