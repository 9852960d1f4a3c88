/** Times as people read them: a clock time today, a weekday within a week, a date after that. */
import { dayOf } from '../features/messages/rows'
import type { Words } from '../words/en'

const DAY_MS = 86_400_000
const cache = new Map<string, Intl.DateTimeFormat>()

function formatted(language: string, options: Intl.DateTimeFormatOptions, at: number): string {
  const key = language + JSON.stringify(options)
  const format = cache.get(key) ?? new Intl.DateTimeFormat(language, options)
  cache.set(key, format)
  return format.format(at)
}

export const clockTime = (language: string, at: number): string =>
  formatted(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, at)

export const fullTime = (language: string, at: number): string => formatted(language, { dateStyle: 'full', timeStyle: 'short' }, at)

/** For the conversation list. */
export function shortWhen(language: string, at: number, now: number): string {
  if (dayOf(at) === dayOf(now)) return clockTime(language, at)
  if (now - at < 6 * DAY_MS) return formatted(language, { weekday: 'short' }, at)
  return date(language, at, now, 'short')
}

/** For day separators. */
export function dayName(language: string, at: number, now: number, words: Words): string {
  if (dayOf(at) === dayOf(now)) return words.today
  if (dayOf(at) === dayOf(dayBefore(now))) return words.yesterday
  return date(language, at, now, 'long')
}

// Not 24 hours before: with the change to summer time a day has 23 or 25.
const dayBefore = (now: number): number => new Date(now).setDate(new Date(now).getDate() - 1)

function date(language: string, at: number, now: number, month: 'short' | 'long'): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  const day = { day: 'numeric', month } as const
  return formatted(language, sameYear ? (month === 'long' ? { weekday: 'long', ...day } : day) : { ...day, year: 'numeric' }, at)
}

/** `4:12` for a call of that length. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
