/** Refused, missing and busy devices: what the browser's errors mean and which sentence helps. */
import { expect, test } from 'vitest'
import { sentence, troubleOf, type Device, type Trouble } from '../src/features/calls/permissions'
import { cornerAfter, cornerAt } from '../src/features/calls/corners'
import { en } from '../src/words/en'

test.each([
  ['NotAllowedError', 'refused'],
  ['SecurityError', 'refused'],
  ['NotFoundError', 'missing'],
  ['OverconstrainedError', 'missing'],
  ['NotReadableError', 'busy'],
  ['AbortError', 'busy'],
  ['InvalidStateError', 'other'],
])('%s means: %s', (name, trouble) => {
  expect(troubleOf(new DOMException('', name))).toBe(trouble)
})

test('what is no error of a device is another trouble', () => {
  expect(troubleOf('no')).toBe('other')
})

const troubles: Trouble[] = ['refused', 'missing', 'busy', 'other', 'insecure']
test('each trouble of each device has a sentence of its own, and each but one says what to do', () => {
  const said = (device: Device) => troubles.map((trouble) => sentence({ device, trouble }, en))
  expect(new Set([...said('camera'), ...said('microphone')]).size).toBe(9)
  expect(sentence({ device: 'microphone', trouble: 'refused' }, en)).toMatch(/Allow it in the address bar/)
  expect(sentence({ device: 'camera', trouble: 'busy' }, en)).toMatch(/Another program/)
  expect(sentence({ device: 'screen', trouble: 'other' }, en)).toBe(en.screenFailed)
})

test('the own picture goes to the nearest corner, and where an arrow points', () => {
  expect([cornerAt(1, 1, 100, 100), cornerAt(51, 49, 100, 100), cornerAt(10, 90, 100, 100)]).toEqual(['top-left', 'top-right', 'bottom-left'])
  expect([cornerAfter('top-left', 'ArrowDown'), cornerAfter('top-left', 'ArrowLeft'), cornerAfter('bottom-right', 'ArrowUp')]).toEqual(['bottom-left', 'top-left', 'top-right'])
  expect(cornerAfter('top-left', 'Enter')).toBeNull()
})
