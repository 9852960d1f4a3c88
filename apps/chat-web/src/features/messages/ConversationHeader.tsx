/** The bar over a conversation: whom it is with, whether they are there, and the way to a group's details. */
import { lazy, Suspense, useState, type RefObject } from 'react'
import { useApp } from '../../app/context'
import { Icon } from '../../app/Icon'
import { Back } from '../../app/Page'
import { CallButtons } from '../calls/CallButtons'
import { partner, type Conversation } from '../conversations/conversation'
import { useNames } from '../conversations/useNames'
import { Avatar } from '../people/Avatar'
import { usePresence } from '../people/usePresence'
import { useWatched } from '../people/useWatched'

const Details = lazy(() => import('../conversations/Details'))

interface Props {
  conversation: Conversation
  title: RefObject<HTMLHeadingElement | null>
}

export function ConversationHeader({ conversation, title }: Props) {
  const names = useNames()
  const other = partner(conversation, names.me)
  const status = usePresence(other)
  const name = names.title(conversation)
  useWatched(other ? [other] : [])
  return (
    <header className="bar">
      <Back />
      <Avatar id={other ?? conversation.conv} name={name} status={status} {...(conversation.kind === 'lobby' && { letters: '#' })} />
      <div className="who">
        <h1 className="page-title" dir="auto" tabIndex={-1} ref={title} title={name}>
          {name}
        </h1>
        <Subtitle conversation={conversation} status={status} />
      </div>
      <CallButtons conversation={conversation} />
      {conversation.kind === 'group' && <DetailsButton conversation={conversation} />}
    </header>
  )
}

function Subtitle({ conversation: { kind, members }, status }: { conversation: Conversation; status: 'active' | 'idle' | 'offline' | undefined }) {
  const { words } = useApp()
  const text = kind === 'lobby' ? words.everybody : kind === 'group' ? words.members(members.length) : status && words[status]
  return <p className="small muted who-status">{text}</p>
}

function DetailsButton({ conversation }: { conversation: Conversation }) {
  const { words } = useApp()
  const [open, setOpen] = useState(false)
  return (
    <>
      <button className="icon" onClick={() => setOpen(true)} aria-label={words.details} title={words.details} aria-haspopup="dialog">
        <Icon name="more" />
      </button>
      {open && (
        <Suspense fallback={null}>
          <Details conversation={conversation} close={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
