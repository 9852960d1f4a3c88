/**
 * What a script adds to the sign-in forms, which work without it: the remembered address, a field that takes a pasted
 * code and sends itself, both countdowns, and how the mail's delivery stands.
 *
 * The markup is the server's; code.ts holds the rules, delivery.ts the wording.
 */
import type { Delivery } from '../../protocol'
import { clock, codeIn, digitsOf, DIGITS } from './code'
import { deliveryText } from './delivery'
import './login.css'

const ADDRESS = 'parley.address'
const POLL_MS = 2000
const TICK_MS = 250

export function enhance(page: Document): void {
  const signIn = page.querySelector<HTMLFormElement>('form[data-signin]')
  if (signIn) rememberAddress(signIn)
  const verify = page.querySelector<HTMLElement>('[data-verify]')
  if (verify) enhanceCode(verify)
  if (verify) watchDelivery(verify)
}

function rememberAddress(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>('input[name=email]')
  if (!field) return
  if (!field.value) field.value = localStorage.getItem(ADDRESS) ?? ''
  form.addEventListener('submit', () => localStorage.setItem(ADDRESS, field.value.trim()))
  field.focus()
}

function enhanceCode(verify: HTMLElement): void {
  const form = verify.querySelector<HTMLFormElement>('form[data-code-form]')
  const field = form?.querySelector<HTMLInputElement>('input[name=code]')
  if (!form || !field) return
  let sent = false
  const submit = () => {
    if (sent) return
    sent = true
    form.requestSubmit()
  }
  const take = (code: string) => {
    if (field.value !== code) field.value = code
    showFilled(field)
    if (code.length === DIGITS) submit()
  }
  field.addEventListener('input', () => take(digitsOf(field.value)))
  field.addEventListener('paste', (event) => {
    event.preventDefault()
    take(codeIn(event.clipboardData?.getData('text') ?? ''))
  })
  // A page that comes back from the history must be able to send again.
  window.addEventListener('pageshow', () => (sent = false))
  field.maxLength = 20
  showFilled(field)
  field.focus()
}

/** Tells the style sheet which of the six boxes is next. */
function showFilled(field: HTMLInputElement): void {
  const boxes = field.parentElement
  const filled = Math.min(field.value.length, DIGITS - 1)
  boxes?.setAttribute('data-filled', String(filled))
  boxes?.style.setProperty('--filled', String(filled))
}

interface Countdown {
  delivery: Delivery
  at: number
}

function watchDelivery(verify: HTMLElement): void {
  const { challenge = '', expiresMs, resendMs } = verify.dataset
  const delivery: Delivery = {
    state: 'queued',
    expires_ms: expiresMs ? Number(expiresMs) : null,
    resend_ms: Number(resendMs ?? 0),
    delivered_at: null,
  }
  const shown: Countdown = { delivery, at: performance.now() }
  let polled = false
  const draw = () => show(verify, remaining(shown), polled)
  const poll = async () => {
    const answer = await fetch(`/otp/${challenge}`, { headers: { accept: 'application/json' } }).catch(() => null)
    if (!answer?.ok) return
    shown.delivery = (await answer.json()) as Delivery
    shown.at = performance.now()
    polled = true
    draw()
  }
  draw()
  void poll()
  setInterval(draw, TICK_MS)
  setInterval(() => {
    if (!document.hidden) void poll()
  }, POLL_MS)
}

function remaining({ delivery, at }: Countdown): Delivery {
  const gone = performance.now() - at
  const left = (ms: number) => Math.max(0, ms - gone)
  return { ...delivery, resend_ms: left(delivery.resend_ms), expires_ms: delivery.expires_ms === null ? null : left(delivery.expires_ms) }
}

function show(verify: HTMLElement, now: Delivery, polled: boolean): void {
  const bar = verify.querySelector('progress')
  if (bar && now.expires_ms !== null) bar.value = now.expires_ms
  // The server's own words stand until the first answer.
  if (polled) setText(verify.querySelector('[data-delivery]'), deliveryText(now))
  setText(verify.querySelector('[data-resend-text]'), now.resend_ms > 0 ? `Resend in ${clock(now.resend_ms)}` : '')
  const resend = verify.querySelector<HTMLButtonElement>('form[data-resend] button')
  if (resend) resend.disabled = now.resend_ms > 0
}

/** Writes only what changed, since a live region speaks whatever is written. */
function setText(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text
}

enhance(document)
