/** Links inside a text: which characters belong to them. */
import { expect, test } from 'vitest'
import { pieces } from '../src/features/messages/links'
import { Dice } from './support/random'

const links = (text: string) => pieces(text).flatMap(({ href }) => href ?? [])

test.each([
  ['see https://example.org.', 'https://example.org'],
  ['(https://example.org/a)', 'https://example.org/a'],
  ['https://en.example.org/wiki/A_(b)', 'https://en.example.org/wiki/A_(b)'],
  ['„https://example.org/x?y=1&z=2“', 'https://example.org/x?y=1&z=2'],
  ['HTTPS://EXAMPLE.ORG', 'HTTPS://EXAMPLE.ORG'],
  ['https://example.org/a,b!', 'https://example.org/a,b'],
  ['https://example.org:8080/#top', 'https://example.org:8080/#top'],
  ['<https://example.org>', 'https://example.org'],
])('in %s the link is %s', (text, link) => {
  expect(links(text)).toEqual([link])
})

test.each(['javascript:alert(1)', 'ftp://example.org', 'data:text/html,x', 'https://', 'xhttps://a.example', 'example.org', ''])('%s is no link', (text) => {
  expect(links(text)).toEqual([])
})

test('several links are several pieces', () => {
  expect(pieces('a https://b.example c http://d.example')).toEqual([
    { text: 'a ' },
    { text: 'https://b.example', href: 'https://b.example' },
    { text: ' c ' },
    { text: 'http://d.example', href: 'http://d.example' },
  ])
})

test('joined, the pieces are the text, and a link is always http or https', () => {
  const dice = new Dice(5)
  const parts = ['https://', 'http://', 'a.example', '/x', ')', '(', '.', ' ', '!', 'ü', '"', '?q=1', '\n', 'javascript:']
  for (let turn = 0; turn < 500; turn++) {
    const text = Array.from({ length: dice.below(12) }, () => parts[dice.below(parts.length)]).join('')
    expect(pieces(text).map((piece) => piece.text).join('')).toBe(text)
    for (const link of links(text)) expect(new URL(link).protocol).toMatch(/^https?:$/)
  }
})
