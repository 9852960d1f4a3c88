/** Which messages alert, what the window is called, and when somebody counts as there. */
import { expect, test } from 'vitest'
import { activityOf, IDLE_MS } from '../src/app/activity'
import { deservesAlert, Replayed, stillUnread, windowTitle } from '../src/app/alerts'
import { CONV, conversation, entry, ME, member, OTHER, BOB } from './support/samples'

test('only texts of others, and not what one looks at, alert', () => {
  const away = { me: ME, looksAt: null }
  expect(deservesAlert(entry(1), away)).toBe(true)
  expect(deservesAlert(entry(1), { me: ME, looksAt: OTHER })).toBe(true)
  expect(deservesAlert(entry(1), { me: ME, looksAt: CONV })).toBe(false)
  expect(deservesAlert(entry(1, { from: ME }), away)).toBe(false)
  expect(deservesAlert(member(1, { change: 'joined', user: BOB }), away)).toBe(false)
})

test('of what was replayed, the newest entry of each conversation is told, once', () => {
  const replayed = new Replayed()
  const other = { ...entry(7), conv: OTHER }
  for (const one of [entry(1), entry(2), other]) replayed.put(one)
  expect(replayed.take()).toEqual([entry(2), other])
  expect(replayed.take()).toEqual([])
})

test('what was read meanwhile, or is gone, is not told', () => {
  expect(stillUnread(entry(5), conversation({ read: 4 }))).toBe(true)
  expect(stillUnread(entry(5), conversation({ read: 5 }))).toBe(false)
  expect(stillUnread(entry(5), undefined)).toBe(false)
})

test('the title counts what is unread, up to 99', () => {
  expect([0, 1, 99, 100].map((unread) => windowTitle(unread))).toEqual(['Parley', '(1) Parley', '(99) Parley', '(99+) Parley'])
})

test('somebody is idle after five minutes without input, or at once when the page is hidden', () => {
  expect(activityOf(false, 0, IDLE_MS - 1)).toBe('active')
  expect(activityOf(false, 0, IDLE_MS)).toBe('idle')
  expect(activityOf(true, 0, 0)).toBe('idle')
})
