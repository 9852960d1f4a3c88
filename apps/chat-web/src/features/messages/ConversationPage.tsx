/** One conversation: who it is with, what was said, who is typing, and where to write. */
import { useEffect, useRef, useState } from 'react'
import { useApp, useClientState } from '../../app/context'
import { Failed } from '../../app/Failed'
import { PHONE, useMedia, usePageVisible } from '../../app/hooks'
import { Link } from '../../app/Link'
import { Page } from '../../app/Page'
import { LogSkeleton } from '../../app/Skeleton'
import type { Id } from '../../protocol'
import { unread, type Conversation } from '../conversations/conversation'
import { Composer } from './Composer'
import { ConversationHeader } from './ConversationHeader'
import { MAX_CHARS } from './outbox'
import { MessageLog } from './MessageLog'
import { TypingLine } from './TypingLine'
import './messages.css'

export function ConversationPage({ conv }: { conv: Id }) {
  const conversation = useClientState((state) => state.conversations.get(conv))
  return conversation ? <Present conversation={conversation} /> : <Absent />
}

function Absent() {
  const { words } = useApp()
  return (
    <Page title={words.conversation}>
      <div className="empty grow">
        <p className="muted">{words.notThere}</p>
        <Link to={{ page: 'list' }} className="btn">
          {words.toList}
        </Link>
      </div>
    </Page>
  )
}

function Present({ conversation }: { conversation: Conversation }) {
  const phone = useMedia(PHONE)
  const title = useRef<HTMLHeadingElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const readTo = useNewLine(conversation)
  useEffect(() => {
    // On a phone the keyboard would cover what is to be read.
    const first = phone ? title.current : field.current
    first?.focus({ preventScroll: true })
    field.current?.setSelectionRange(MAX_CHARS, MAX_CHARS)
  }, [phone])
  return (
    <>
      <ConversationHeader conversation={conversation} title={title} />
      <Log conversation={conversation} readTo={readTo} />
      <TypingLine conversation={conversation} />
      <Composer conversation={conversation} field={field} />
    </>
  )
}

function Log({ conversation, readTo }: { conversation: Conversation; readTo: number | null }) {
  const { client, words } = useApp()
  const { conv, log } = conversation
  const load = useClientState((state) => state.loads.get(`${conv}:tail`))
  if (log) return <MessageLog conversation={conversation} log={log} readTo={readTo} />
  if (load === 'failed') return <Failed text={words.logFailed} action={words.retry} retry={() => void client.history.complete(conv)} />
  return (
    <div className="log-frame" aria-busy="true">
      <LogSkeleton />
    </div>
  )
}

/** Up to where this was read when it came before the reader's eyes; null if everything was. */
function useNewLine(conversation: Conversation): number | null {
  const visible = usePageVisible()
  const [line, setLine] = useState(() => ({ visible, readTo: lineOf(conversation) }))
  if (line.visible !== visible) setLine({ visible, readTo: (visible ? lineOf(conversation) : null) ?? line.readTo })
  return line.readTo
}

const lineOf = (conversation: Conversation): number | null => (unread(conversation) > 0 ? conversation.read : null)
