/** One row of the log with the day and the "New" line it begins: somebody's words, or a note about what happened. */
import { useApp } from '../../app/context'
import { clockTime, dayName, fullTime } from '../../app/dates'
import { useNow } from '../../app/hooks'
import { Icon } from '../../app/Icon'
import { CallBack } from '../calls/CallBack'
import { isMissed, noteText } from '../conversations/summary'
import type { Conversation } from '../conversations/conversation'
import { useNames } from '../conversations/useNames'
import { Message } from './Message'
import type { NoteRow, Row } from './rows'

interface Props {
  row: Row
  conversation: Conversation
}

export function MessageRow({ row, conversation }: Props) {
  return (
    <>
      {row.newDay && <Day at={row.at} />}
      {row.firstUnread && <NewLine />}
      {row.kind === 'note' ? <Note row={row} /> : <Message row={row} conversation={conversation} />}
    </>
  )
}

function Day({ at }: { at: number }) {
  const { language, words } = useApp()
  const now = useNow(60_000)
  return (
    <p className="day">
      <time dateTime={new Date(at).toISOString()}>{dayName(language, at, now, words)}</time>
    </p>
  )
}

function NewLine() {
  const { words } = useApp()
  return (
    <p className="new-line">
      <span>{words.newLine}</span>
    </p>
  )
}

function Note({ row: { entry, at } }: { row: NoteRow }) {
  const { language } = useApp()
  const names = useNames()
  const missed = entry.kind === 'call' && isMissed(entry, names.me)
  return (
    <p className={`note ${entry.kind === 'call' ? 'call' : ''}`}>
      {entry.kind === 'call' && <Icon name={missed ? 'missed' : 'phone'} />}
      <bdi className={missed ? 'bad' : undefined}>{noteText(entry, names)}</bdi>
      <time className="muted" dateTime={entry.at} title={fullTime(language, at)}>
        {clockTime(language, at)}
      </time>
      {missed && <CallBack entry={entry} />}
    </p>
  )
}
