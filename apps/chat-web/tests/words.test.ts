/** The words of each language: complete, calm, and chosen by what the browser wants. */
import { expect, test } from 'vitest'
import { languageFor, speak } from '../src/words/choose'
import { de } from '../src/words/de'
import { en } from '../src/words/en'

type Entry = [key: string, words: string | ((...values: (string | number)[]) => string)]
const LANGUAGES: [string, Entry[]][] = [
  ['en', Object.entries(en) as Entry[]],
  ['de', Object.entries(de) as Entry[]],
]
const spoken = ([, words]: Entry): string[] => (typeof words === 'string' ? [words] : [1, 2].map((count) => words(count, count)))

test('every language has the same keys, in the same order', () => {
  expect(Object.keys(de)).toEqual(Object.keys(en))
})

test.each(LANGUAGES)('no sentence of %s shouts or is empty, and each fits on a button or in a line', (_, entries) => {
  for (const entry of entries)
    for (const text of spoken(entry)) {
      expect(text).toMatch(/^\S(.*\S)?$/)
      expect(text).not.toMatch(/!/)
      expect(text.length).toBeLessThan(120)
    }
})

test.each(LANGUAGES)('whatever is put into a sentence of %s is in it', (_, entries) => {
  for (const [key, words] of entries) {
    if (typeof words === 'string') continue
    const values = Array.from({ length: words.length }, (_, index) => 1234 + index)
    const text = words(...values)
    for (const value of values) expect([key, text.includes(String(value))]).toEqual([key, true])
  }
})

test('one is singular', () => {
  expect([en.unread(1), en.unread(2), de.members(1), de.members(2)]).toEqual(['1 unread message', '2 unread messages', '1 Mitglied', '2 Mitglieder'])
})

test('the chosen language comes first, then the browser’s, then English', async () => {
  expect(languageFor('de', ['en-GB'])).toBe('de')
  expect(languageFor('system', ['fr-CH', 'de-CH', 'en'])).toBe('de')
  expect(languageFor('system', ['fr'])).toBe('en')
  expect((await speak('de')).words).toBe(de)
  expect((await speak('en')).words).toBe(en)
})
