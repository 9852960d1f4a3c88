/** What scrolling means: older entries are loaded on the way up, and what is on screen counts as read. */
import type { Virtualizer } from '@tanstack/react-virtual'
import { useEffect } from 'react'
import { useApp, useClientState, useStore } from '../../app/context'
import { usePageVisible } from '../../app/hooks'
import type { Id } from '../../protocol'
import type { Row } from './rows'

/** So many rows before the first loaded one the next page is asked for. */
const AHEAD_ROWS = 20
/** So much of a row has to be seen. */
const SEEN_PX = 24

export function useOlder(conv: Id, base: number, firstDrawn: number | undefined, settled: boolean): void {
  const { client } = useApp()
  const load = useClientState((state) => state.loads.get(`${conv}:older`))
  const wanted = settled && base > 0 && load === undefined && (firstDrawn ?? 0) < AHEAD_ROWS
  useEffect(() => {
    if (wanted) void client.history.older(conv)
  }, [client, conv, wanted, base])
}

export function useSeen(conv: Id, rows: Row[], virtualizer: Virtualizer<HTMLDivElement, Element>, settled: boolean): void {
  const { client } = useApp()
  const covered = useStore(client.calls.view, (view) => view === 'full')
  const visible = usePageVisible() && !covered
  const bottom = (virtualizer.scrollOffset ?? 0) + (virtualizer.scrollRect?.height ?? 0)
  const drawn = virtualizer.getVirtualItems().filter(({ start }) => start + SEEN_PX <= bottom)
  const seen = Math.max(0, ...drawn.map(({ index }) => seqOf(rows[index])))
  useEffect(() => {
    if (settled && visible && seen) client.reading.seen(conv, seen)
  }, [client, conv, settled, visible, seen])
}

function seqOf(row: Row | undefined): number {
  if (!row) return 0
  return row.kind === 'note' ? row.entry.seq : (row.seq ?? 0)
}
