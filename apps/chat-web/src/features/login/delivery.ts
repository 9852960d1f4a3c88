/** How the delivery of a code stands, in the words that the server's own page uses. */
import type { Delivery } from '../../protocol'
import { clock } from './code'

const WORDS: Record<Delivery['state'], string> = {
  queued: 'Sending the code …',
  sent: 'Sent to the mail server',
  delayed: 'The mail server does not answer yet; we keep trying',
  failed: 'The mail could not be sent. Check the address.',
  delivered: 'Delivered to the mail server',
  bounced: 'The mail server refused the mail. Check the address.',
  expired: 'The mail took too long. Ask for a new code.',
}

/** One line: the state, and how long the code is still valid. */
export function deliveryText({ state, expires_ms }: Delivery): string {
  const arrived = state === 'sent' || state === 'delivered'
  if (expires_ms === 0 && arrived) return 'This code is over. Ask for a new one.'
  return expires_ms ? `${WORDS[state]} · valid for ${clock(expires_ms)}` : WORDS[state]
}
