/** One conversation in the list: who, when, the last words or who is typing, and how much is unread. */
import { memo } from 'react'
import { useApp, useClientState } from '../../app/context'
import { shortWhen } from '../../app/dates'
import { Link } from '../../app/Link'
import type { Id } from '../../protocol'
import { Avatar } from '../people/Avatar'
import { usePresence } from '../people/usePresence'
import { partner, unread, type Conversation } from './conversation'
import { summary } from './summary'
import { useNames } from './useNames'

interface Props {
  conversation: Conversation
  selected: boolean
  now: number
  tabbable: boolean
  /** Told when the row is followed. */
  opened: (conv: Id) => void
}

export const ConversationRow = memo(function ConversationRow({ conversation, selected, now, tabbable, opened }: Props) {
  const { language, words } = useApp()
  const { title, me } = useNames()
  const other = partner(conversation, me)
  const status = usePresence(other)
  const name = title(conversation)
  const count = unread(conversation)
  const letters = conversation.kind === 'lobby' ? { letters: '#' } : {}
  return (
    <Link to={{ page: 'conversation', conv: conversation.conv }} className="row" aria-current={selected ? 'page' : undefined} tabIndex={tabbable ? 0 : -1} onClick={() => opened(conversation.conv)}>
      <Avatar id={other ?? conversation.conv} name={name} status={status} {...letters} />
      <span className="row-text">
        <span className="row-line">
          <b dir="auto">{name}</b>
          {status && status !== 'offline' && <span className="sr">{words[status]}</span>}
          {conversation.last && <time className="tiny muted">{shortWhen(language, Date.parse(conversation.last.at), now)}</time>}
        </span>
        <span className="row-line small muted">
          <LastLine conversation={conversation} />
          {count > 0 && (
            <span className="badge">
              <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
              <span className="sr">{words.unread(count)}</span>
            </span>
          )}
        </span>
      </span>
    </Link>
  )
})

function LastLine({ conversation: { conv, kind, last } }: { conversation: Conversation }) {
  const { words } = useApp()
  const names = useNames()
  const typing = useClientState((state) => state.typing.get(conv))
  const unsent = useClientState((state) => state.outbox.findLast((one) => one.conv === conv))
  if (typing?.size) return <span className="row-last accent">{typingText(kind === 'direct', [...typing.keys()].map(names.name), words)}</span>
  if (unsent?.state === 'failed') return <span className="row-last bad">{words.notSent}</span>
  if (unsent) return <bdi className="row-last">{words.said(words.you, unsent.body)}</bdi>
  return <bdi className="row-last">{last ? summary(last, kind === 'direct', names) : words.noEntries}</bdi>
}

function typingText(direct: boolean, [first, ...more]: string[], words: ReturnType<typeof useApp>['words']): string {
  if (direct || first === undefined) return words.typing
  return more.length ? words.areTyping(more.length + 1) : words.isTyping(first)
}
