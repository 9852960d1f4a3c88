/** Where the log stands: at the end it stays at the end, elsewhere it stays where it is. */
import type { Virtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { useLate } from '../../app/hooks'
import type { Row } from './rows'

/** Within this distance of the end somebody still reads the newest. */
const NEAR_PX = 48
/** So long the rows of the first drawing take to find their heights. */
const SETTLE_MS = 150

export interface Following {
  /** The log stands where it begins: what is on screen is what the reader sees. */
  settled: boolean
  atEnd: boolean
  toEnd: () => void
  scrolled: (area: HTMLElement) => void
}

type LogVirtualizer = Virtualizer<HTMLDivElement, Element>

export function useFollow(virtualizer: LogVirtualizer, scroller: RefObject<HTMLDivElement | null>, rows: Row[]): Following {
  const [atEnd, setAtEnd] = useState(true)
  const settled = useLate(SETTLE_MS)
  // The same for effects, which must know it before the next drawing.
  const sticks = useRef(true)
  const toEnd = useCallback(() => {
    sticks.current = true
    virtualizer.scrollToEnd()
  }, [virtualizer])
  const scrolled = useCallback((area: HTMLElement) => {
    sticks.current = isAtEnd(area)
    setAtEnd(sticks.current)
  }, [])
  useStart(virtualizer, rows, scrolled)
  useAppended(rows, sticks, toEnd)
  useResized(scroller, sticks, toEnd)
  return { settled, atEnd, toEnd, scrolled }
}

const isAtEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean => scrollHeight - scrollTop - clientHeight <= NEAR_PX

/** Begins at the first unread row, or at the end. */
function useStart(virtualizer: LogVirtualizer, rows: Row[], started: (area: HTMLElement) => void): void {
  const done = useRef(false)
  useLayoutEffect(() => {
    if (done.current || !rows.length) return
    done.current = true
    const first = rows.findIndex(({ firstUnread }) => firstUnread)
    if (first < 0) virtualizer.scrollToEnd()
    else virtualizer.scrollToIndex(first, { align: 'start' })
    if (virtualizer.scrollElement) started(virtualizer.scrollElement)
  }, [virtualizer, rows, started])
}

/** Follows what is added at the end, and always one's own new text. */
function useAppended(rows: Row[], sticks: RefObject<boolean>, toEnd: () => void): void {
  const known = useRef<string | undefined>(undefined)
  const last = rows.at(-1)
  const isOwn = last?.kind === 'bubble' && last.unsent !== null
  useLayoutEffect(() => {
    const isNew = known.current !== undefined && known.current !== last?.key
    known.current = last?.key
    if (sticks.current || (isNew && isOwn)) toEnd()
  }, [rows, last?.key, isOwn, sticks, toEnd])
}

/** The area shrinks when the composer or a phone's keyboard grows. */
function useResized(scroller: RefObject<HTMLDivElement | null>, sticks: RefObject<boolean>, toEnd: () => void): void {
  useEffect(() => {
    const area = scroller.current
    if (!area) return
    const observer = new ResizeObserver(() => {
      if (sticks.current) toEnd()
    })
    observer.observe(area)
    return () => observer.disconnect()
  }, [scroller, sticks, toEnd])
}
