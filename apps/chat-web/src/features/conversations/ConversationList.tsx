/** The list: virtual, newest first, searched by name, walked with the arrow keys. */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { useEffect, useEffectEvent, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useApp, useClientState } from '../../app/context'
import { PHONE, useMedia, useNow } from '../../app/hooks'
import { go, useRoute } from '../../app/routes'
import { Link } from '../../app/Link'
import { SearchField } from '../people/SearchField'
import { useWatched } from '../people/useWatched'
import type { Id } from '../../protocol'
import { partner, type Conversation } from './conversation'
import { ConversationRow } from './ConversationRow'
import { moved, newestFirst, search } from './list'
import { useNames } from './useNames'

const ROW_PX = 64

export function ConversationList() {
  const { words } = useApp()
  const { title } = useNames()
  const conversations = useClientState((state) => state.conversations)
  const [typed, setTyped] = useState('')
  const list = useMemo(() => search(newestFirst(conversations), typed, title), [conversations, typed, title])
  const rows = useRef<{ focus: (index: number) => void }>(null)
  const keys = (event: KeyboardEvent) => {
    const first = list[0]
    if (event.key === 'ArrowDown' && first) {
      event.preventDefault()
      rows.current?.focus(0)
    } else if (event.key === 'Enter' && first && typed) go({ page: 'conversation', conv: first.conv })
  }
  return (
    <>
      <SearchField label={words.search} typed={typed} type={setTyped} onKeyDown={keys} />
      {list.length ? <Rows list={list} handle={rows} /> : <Nothing typed={typed} />}
    </>
  )
}

function Nothing({ typed }: { typed: string }) {
  const { words } = useApp()
  return (
    <div className="empty">
      <p className="muted" aria-live="polite">{typed ? words.nothingFound(typed) : words.noConversations}</p>
      {!typed && (
        <Link to={{ page: 'new' }} className="btn">
          {words.newConversation}
        </Link>
      )}
    </div>
  )
}

interface RowsProps {
  list: Conversation[]
  handle: { current: { focus: (index: number) => void } | null }
}

function Rows({ list, handle }: RowsProps) {
  const { words } = useApp()
  const now = useNow(60_000)
  const me = useClientState((state) => state.me.id)
  const route = useRoute()
  const shown = route.page === 'conversation' ? route.conv : null
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: list.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => list[index]?.conv ?? index,
    overscan: 6,
    paddingEnd: 12,
    initialOffset: place.offset,
  })
  const items = virtualizer.getVirtualItems()
  useWatched(items.flatMap(({ index }) => partnerOf(list[index], me) ?? []))
  const focus = (index: number) => {
    virtualizer.scrollToIndex(index)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] a`)?.focus())
  }
  useEffect(() => {
    handle.current = { focus }
  })
  useReturn(list, virtualizer, focus)
  const keys = (event: KeyboardEvent<HTMLElement>) => {
    const at = Number((event.target as HTMLElement).closest('li')?.dataset['index'] ?? -1)
    const to = moved(event.key, at, list.length)
    if (to === null) return
    event.preventDefault()
    focus(to)
  }
  const stop = Math.max(0, list.findIndex(({ conv }) => conv === shown))
  return (
    <div className="scroll" ref={scroller}>
      <ul className="virtual" style={{ height: virtualizer.getTotalSize() }} onKeyDown={keys} aria-label={words.conversations}>
        {items.map(({ index, key, start }) => {
          const conversation = list[index]
          return conversation ? (
            <li key={key} data-index={index} style={{ transform: `translateY(${start}px)`, height: ROW_PX }} aria-setsize={list.length} aria-posinset={index + 1}>
              <ConversationRow conversation={conversation} selected={conversation.conv === shown} now={now} opened={opened} tabbable={index === stop || stop < (items[0]?.index ?? 0)} />
            </li>
          ) : null
        })}
      </ul>
    </div>
  )
}

const partnerOf = (conversation: Conversation | undefined, me: Id): Id | null => conversation ? partner(conversation, me) : null

/** Where a phone left the list for a conversation, for the way back. */
const place: { offset: number; conv: Id | null } = { offset: 0, conv: null }

const opened = (conv: Id): void => {
  place.conv = conv
}

function useReturn(list: Conversation[], virtualizer: Virtualizer<HTMLDivElement, Element>, focus: (index: number) => void): void {
  const phone = useMedia(PHONE)
  const back = useEffectEvent(() => {
    const index = list.findIndex(({ conv }) => conv === place.conv)
    if (phone && index >= 0) focus(index)
    place.conv = null
  })
  useEffect(() => {
    back()
    return () => {
      place.offset = virtualizer.scrollOffset ?? 0
    }
  }, [virtualizer])
}
