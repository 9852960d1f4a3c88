/** What views ask of the browser: time, visibility, width. */
import { useEffect, useState, useSyncExternalStore } from 'react'

/** The clock of connection.ts, which no change of the time of day moves. */
export const steadyClock = (): number => performance.now()

/** The time in ms, by default since 1970, moving in steps of `ms`. */
export function useNow(ms: number, clock = Date.now): number {
  const [now, setNow] = useState(clock)
  useEffect(() => {
    const timer = setInterval(() => setNow(clock()), ms)
    return () => clearInterval(timer)
  }, [ms, clock])
  return now
}

const onVisibility = (changed: () => void) => {
  document.addEventListener('visibilitychange', changed)
  return () => document.removeEventListener('visibilitychange', changed)
}

export const usePageVisible = (): boolean => useSyncExternalStore(onVisibility, () => !document.hidden)

export const PHONE = '(max-width: 720px)'

export function useMedia(query: string): boolean {
  const subscribe = (changed: () => void) => {
    const media = matchMedia(query)
    media.addEventListener('change', changed)
    return () => media.removeEventListener('change', changed)
  }
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}

/** True once `ms` have passed: what is quicker than that shows no sign of waiting. */
export function useLate(ms = 300): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return late
}
