/** Times as people read them, in both languages. */
import { beforeAll, expect, test } from 'vitest'
import { clockTime, dayName, duration, shortWhen } from '../src/app/dates'
import { de } from '../src/words/de'
import { en } from '../src/words/en'

beforeAll(() => {
  process.env['TZ'] = 'Europe/Berlin'
})

const local = (text: string) => new Date(text).getTime()
const NOW = '2026-11-24T15:00:00'

test.each([
  ['2026-11-24T09:05:00', '09:05', '09:05'],
  ['2026-11-24T00:00:00', '00:00', '00:00'],
  ['2026-11-23T23:59:00', 'Mon', 'Mo'],
  ['2026-11-18T16:00:00', 'Wed', 'Mi'],
  ['2026-11-17T09:00:00', '17 Nov', '17. Nov.'],
  ['2025-12-31T09:00:00', '31 Dec 2025', '31. Dez. 2025'],
])('in the list %s is %s, or %s', (at, english, german) => {
  expect([shortWhen('en-GB', local(at), local(NOW)), shortWhen('de', local(at), local(NOW))]).toEqual([english, german])
})

test.each([
  ['2026-11-24T00:00:00', 'Today'],
  ['2026-11-23T00:00:00', 'Yesterday'],
  ['2026-11-22T23:59:00', 'Sunday 22 November'],
  ['2025-12-31T09:00:00', '31 December 2025'],
])('the day of %s is called %s', (at, name) => {
  expect(dayName('en-GB', local(at), local(NOW), en)).toBe(name)
})

test('yesterday is the day before, also where it had 23 or 25 hours', () => {
  const nights = [
    ['2026-03-29T12:00:00', '2026-03-30T00:30:00'],
    ['2026-10-24T12:00:00', '2026-10-25T23:30:00'],
  ] as const
  for (const [at, now] of nights) expect(dayName('de', local(at), local(now), de)).toBe('Gestern')
})

test('the clock has 24 hours, and a call its minutes', () => {
  expect(clockTime('en', local('2026-11-24T15:04:00'))).toBe('15:04')
  expect([0, 4499, 59_600, 252_000, 3_725_000].map(duration)).toEqual(['0:00', '0:04', '1:00', '4:12', '62:05'])
})
