/** What the sign-in pages compute: digits out of what was typed or pasted, and remaining time in words. Next: login.ts. */

export const DIGITS = 6

/** The digits of typed text, at most six: what a field for one code may hold. */
export const digitsOf = (text: string): string => text.replace(/\D/g, '').slice(0, DIGITS)

/** The code inside pasted text such as "123 456" or "code: 123456, valid 3 minutes"; its digits if there is no such group. */
export function codeIn(text: string): string {
  const found = /(?<!\d)\d{3}[\s\u00a0-]?\d{3}(?!\d)/.exec(text)
  return digitsOf(found?.[0] ?? text)
}

/** `2:08` for 127 100 ms: seconds are rounded up, so that 0:00 means over. */
export function clock(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
