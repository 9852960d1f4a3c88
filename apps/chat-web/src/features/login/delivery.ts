/** How the delivery of a code stands, in the words that the server's own page uses. */
import type { Delivery } from '../../protocol'
import { clock } from './code'

const WORDS: Record<Delivery['state'], string> = {
  queued: 'Sending the code …',
  sent: 'Sent to the mail server',
  delayed: 'The mail server does not answer yet; we keep trying',
  failed: 'The mail could not be sent. Check the address.',
  delivered: 'The mail was delivered',
  bounced: 'Your mail provider refused the mail. Check the address.',
  expired: 'The mail took too long. Ask for a new code.',
}

/** One line: the state, and how long the code is still valid. Nobody has the code of a mail that came back or was never sent. */
export function deliveryText({ state, expires_ms, delivered_at }: Delivery): string {
  const arrived = state === 'sent' || state === 'delivered'
  if (expires_ms === 0 && arrived) return 'This code is over. Ask for a new one.'
  const words = WORDS[state] + (delivered_at ? ` at ${timeOfDay(delivered_at)}` : '')
  return expires_ms && state !== 'bounced' && state !== 'failed' ? `${words} · valid for ${clock(expires_ms)}` : words
}

/** `16:02` where the reader is. */
const timeOfDay = (moment: string): string =>
  new Date(moment).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
