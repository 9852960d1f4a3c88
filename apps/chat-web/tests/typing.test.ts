/** Who is typing: told once in 3 s, shown for 6 s, over when the message comes. */
import { expect, test } from 'vitest'
import { begun, ended, expired, TypingNotices, type Typing } from '../src/features/messages/typing'
import { BOB, CONV, EVE, OTHER } from './support/samples'

const nobody: Typing = new Map()
const who = (typing: Typing, conv = CONV) => [...(typing.get(conv)?.keys() ?? [])]

test('it is told at most once in 3 s for each conversation', () => {
  const notices = new TypingNotices()
  const asked = [0, 100, 2999, 3000, 5999, 6000].map((now) => notices.due(CONV, now))
  expect(asked).toEqual([true, false, false, true, false, true])
  expect(notices.due(OTHER, 100)).toBe(true)
})

test('it is shown for 6 s after the last notice', () => {
  const typing = begun(begun(nobody, CONV, BOB, 0), CONV, BOB, 4000)
  expect(who(expired(typing, 9999))).toEqual([BOB])
  expect(expired(typing, 10_000).size).toBe(0)
})

test('it is over for the author of a message, and for nobody else', () => {
  const typing = begun(begun(begun(nobody, CONV, BOB, 0), CONV, EVE, 0), OTHER, BOB, 0)
  const left = ended(typing, CONV, BOB)
  expect([who(left), who(left, OTHER)]).toEqual([[EVE], [BOB]])
})

test('where nothing ends, nothing changes', () => {
  const typing = begun(nobody, CONV, BOB, 0)
  expect(expired(typing, 100)).toBe(typing)
  expect(ended(typing, CONV, EVE)).toBe(typing)
  expect(ended(typing, OTHER, BOB)).toBe(typing)
})
