/**
 * What was said, from the first loaded entry to the last unsent text: virtual, measured as drawn.
 *
 * Rows are anchored by their keys, so older ones that come before them move nothing. useFollow.ts keeps the end in view.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useApp, useClientState } from '../../app/context'
import { Icon } from '../../app/Icon'
import type { Id } from '../../protocol'
import { unread, type Conversation } from '../conversations/conversation'
import { moved } from '../conversations/list'
import { useNames } from '../conversations/useNames'
import { estimatedHeight } from './estimate'
import type { Log } from './log'
import { LogEnd, LogTop } from './LogEdges'
import { MessageRow } from './MessageRow'
import { rowsOf, type Row } from './rows'
import { useFollow } from './useFollow'
import { useOlder, useSeen } from './useReading'

const TOP_PX = 56
const END_PX = 8

export interface LogProps {
  conversation: Conversation
  log: Log
  readTo: number | null
}

export function MessageLog({ conversation, log, readTo }: LogProps) {
  const { words } = useApp()
  const rows = useRows(conversation.conv, log, readTo)
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimatedHeight(rows[index]),
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    anchorTo: 'end',
    overscan: 8,
    paddingStart: TOP_PX,
    scrollPaddingStart: 24,
    paddingEnd: END_PX,
  })
  const items = virtualizer.getVirtualItems()
  const { settled, atEnd, toEnd, scrolled } = useFollow(virtualizer, scroller, rows)
  useOlder(conversation.conv, log.base, items[0]?.index, settled)
  useSeen(conversation.conv, rows, virtualizer, settled)
  const { stop, keys, focused } = useRoving(rows, items, (index) => {
    virtualizer.scrollToIndex(index)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true }))
  })
  const count = unread(conversation)
  return (
    <section className="log-frame" aria-label={words.messages}>
      <div className="log" ref={scroller} onScroll={(event) => scrolled(event.currentTarget)}>
        {rows.length + log.base === 0 && <p className="empty log-empty muted">{words.emptyLog}</p>}
        <div className="log-all" style={{ height: virtualizer.getTotalSize() }}>
          {rows.length > 0 && <LogTop conv={conversation.conv} base={log.base} />}
          <ol className="log-rows" onKeyDown={keys} onFocus={focused}>
            {items.map(({ index, key, start }) => {
              const row = rows[index]
              return row ? (
                <li
                  key={key}
                  ref={virtualizer.measureElement}
                  data-index={index}
                  tabIndex={row.key === stop ? 0 : -1}
                  aria-setsize={log.base ? -1 : rows.length}
                  aria-posinset={log.base + index + (log.base ? 2 : 1)}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <MessageRow row={row} conversation={conversation} />
                </li>
              ) : null
            })}
          </ol>
        </div>
      </div>
      <LogEnd conv={conversation.conv} />
      {!atEnd && (
        <button className="jump" onClick={toEnd} aria-label={count ? words.newestUnread(count) : words.newest} title={words.newest}>
          {count > 0 && <span className="badge">{count > 99 ? '99+' : count}</span>}
          <Icon name="down" />
        </button>
      )}
      <Announcer rows={rows} />
    </section>
  )
}

function useRows(conv: Id, log: Log, readTo: number | null): Row[] {
  const me = useClientState((state) => state.me.id)
  const outbox = useClientState((state) => state.outbox)
  const unsent = useMemo(() => outbox.filter((one) => one.conv === conv), [outbox, conv])
  // The first unread entry may lie before what is loaded.
  const line = readTo !== null && log.base < readTo ? readTo : null
  const rows = useMemo(() => rowsOf({ entries: log.entries, unsent, me, readTo: line }), [log.entries, unsent, me, line])
  // The oldest entry waits for the one before it, which decides whether it begins a day or a group.
  const held = Math.min(log.base, 1)
  return useMemo(() => rows.slice(held), [rows, held])
}

/** One row is reached with Tab, the others from there with the arrow keys. */
function useRoving(rows: Row[], items: { index: number }[], focus: (index: number) => void) {
  const [chosen, setChosen] = useState<Id | null>(null)
  const drawn = items.map(({ index }) => rows[index]?.key)
  const stop = drawn.includes(chosen ?? undefined) ? chosen : drawn.at(-1)
  const indexOf = (target: EventTarget) => Number((target as HTMLElement).closest('li')?.dataset['index'] ?? -1)
  const keys = (event: KeyboardEvent) => {
    const to = moved(event.key, indexOf(event.target), rows.length)
    if (to === null) return
    event.preventDefault()
    focus(to)
  }
  const focused = ({ target }: { target: EventTarget }) => setChosen(rows[indexOf(target)]?.key ?? null)
  return { stop, keys, focused }
}

/** Speaks what arrives while the conversation is open, and nothing that was there before. */
function Announcer({ rows }: { rows: Row[] }) {
  const { words } = useApp()
  const { name } = useNames()
  const last = rows.at(-1)
  const [before] = useState(last?.key)
  const isNew = last && last.key !== before && last.kind === 'bubble' && !last.mine
  return (
    <p className="sr" aria-live="polite">
      {isNew && words.said(name(last.from), last.body.slice(0, 300))}
    </p>
  )
}
