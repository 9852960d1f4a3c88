/** The rules of the sign-in pages, and the script on the server's markup. */
// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { clock, codeIn, digitsOf } from '../src/features/login/code'
import { deliveryText } from '../src/features/login/delivery'
import type { Delivery } from '../src/protocol'

test.each([
  ['123456', '123456'],
  ['123 456', '123456'],
  ['code: 123456', '123456'],
  ['Your code is 123-456, valid 3 minutes', '123456'],
  ['12', '12'],
  ['none', ''],
])('the code is found in what was pasted: %s', (pasted, code) => {
  expect(codeIn(pasted)).toBe(code)
})

test('a field keeps at most six digits and nothing else', () => {
  expect(digitsOf('1a2 3-456789')).toBe('123456')
})

test('seconds are rounded up, so that 0:00 means over', () => {
  expect([clock(0), clock(1), clock(127_100)]).toEqual(['0:00', '0:01', '2:08'])
})

test('the delivery line tells state and validity', () => {
  expect(text({ expires_ms: 128_000 })).toBe('Sent to the mail server · valid for 2:08')
  expect(text({ expires_ms: 0 })).toMatch(/over/)
  expect(text({ state: 'failed' })).toMatch(/could not be sent/)
})

test('a delivered mail has a time of the reader\'s day', () => {
  const delivered_at = new Date(2026, 0, 2, 9, 5).toISOString()
  expect(text({ state: 'delivered', expires_ms: 128_000, delivered_at })).toBe('The mail was delivered at 09:05 · valid for 2:08')
})

test('a code that nobody has is not called valid', () => {
  expect(text({ state: 'bounced', expires_ms: 128_000 })).toBe('Your mail provider refused the mail. Check the address.')
})

function text(changes: Partial<Delivery>): string {
  return deliveryText({ state: 'sent', expires_ms: null, resend_ms: 0, delivered_at: null, ...changes })
}

const VERIFY = `<main data-verify data-challenge="c1" data-expires-ms="180000" data-resend-ms="30000">
  <form data-code-form><div class="code"><input name="code" maxlength="6"></div>
  <progress max="180000" value="180000"></progress>
  <span data-delivery>Sending</span><span data-resend-text></span></form>
  <form data-resend><button>again</button></form></main>`

const submitted = vi.fn()
const delivery = { state: 'sent', expires_ms: 100_000, resend_ms: 20_000, delivered_at: null }

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(Response.json(delivery))))
  HTMLFormElement.prototype.requestSubmit = submitted
  submitted.mockClear()
})

afterEach(() => {
  vi.useRealTimers()
  vi.resetModules()
  document.body.innerHTML = ''
})

async function open(markup: string): Promise<void> {
  document.body.innerHTML = markup
  await import('../src/features/login/login')
}

/** The only element that a selector finds. */
function one<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector)
  if (!(found instanceof kind)) throw new Error(`no ${selector}`)
  return found
}

const codeField = () => one('[name=code]', HTMLInputElement)

function type(text: string): void {
  codeField().value = text
  codeField().dispatchEvent(new Event('input'))
}

test('six digits send the form, and only once', async () => {
  await open(VERIFY)
  type('40718')
  expect(submitted).not.toHaveBeenCalled()
  type('407 182')
  type('407182')
  expect(codeField().value).toBe('407182')
  expect(submitted).toHaveBeenCalledTimes(1)
})

test('resending waits for its countdown, and the delivery state is polled', async () => {
  await open(VERIFY)
  const again = one('button', HTMLButtonElement)
  await vi.advanceTimersByTimeAsync(2100)
  expect(fetch).toHaveBeenLastCalledWith('/otp/c1', expect.anything())
  expect(one('[data-delivery]', HTMLElement).textContent).toMatch(/^Sent to the mail server · valid for 1:/)
  expect(again.disabled).toBe(true)
  delivery.resend_ms = 0
  await vi.advanceTimersByTimeAsync(2100)
  expect(again.disabled).toBe(false)
})

test('the address is remembered for the next time', async () => {
  localStorage.setItem('parley.address', 'ann@example.org')
  await open('<form data-signin><input name="email"></form>')
  const field = one('[name=email]', HTMLInputElement)
  expect(field.value).toBe('ann@example.org')
  field.value = 'bob@example.org'
  one('form', HTMLFormElement).dispatchEvent(new Event('submit'))
  expect(localStorage.getItem('parley.address')).toBe('bob@example.org')
})
