/** A bubble: who said it, the words with their links, when, and for one's own how far it got. */
import { useApp, useClientState } from '../../app/context'
import { clockTime, fullTime } from '../../app/dates'
import { Icon } from '../../app/Icon'
import { reason } from '../../app/reasons'
import { readByAll, type Conversation } from '../conversations/conversation'
import { useNames } from '../conversations/useNames'
import { Avatar } from '../people/Avatar'
import { pieces } from './links'
import type { Unsent } from './outbox'
import type { BubbleRow } from './rows'
import './bubbles.css'

interface Props {
  row: BubbleRow
  conversation: Conversation
}

export function Message({ row, conversation }: Props) {
  const failed = row.unsent?.state === 'failed' ? row.unsent : null
  const place = `${row.mine ? 'mine' : ''} ${row.first ? 'first' : ''} ${row.last ? 'last' : ''} ${failed ? 'failed' : ''}`
  return (
    <div className={`message ${place}`}>
      {!row.mine && <Face row={row} />}
      <div className="message-column">
        <Author row={row} direct={conversation.kind === 'direct'} />
        <div className="message-line">
          <p className="bubble" dir="auto">
            <Body text={row.body} />
          </p>
          <Meta row={row} conversation={conversation} />
        </div>
        {failed && <NotSent unsent={failed} />}
      </div>
    </div>
  )
}

/** Beside the last bubble of a group; the others keep its place free. */
function Face({ row }: { row: BubbleRow }) {
  const { name } = useNames()
  return row.last ? <Avatar id={row.from} name={name(row.from)} size="small" /> : <span className="face-space" />
}

function Author({ row, direct }: { row: BubbleRow; direct: boolean }) {
  const { words } = useApp()
  const { name } = useNames()
  if (!row.first) return null
  const seen = !direct && !row.mine
  return (
    <p className={seen ? 'author tiny muted' : 'sr'}>
      <bdi>{row.mine ? words.you : name(row.from)}</bdi>
    </p>
  )
}

function Body({ text }: { text: string }) {
  return pieces(text).map(({ text: words, href }, index) =>
    href === undefined ? (
      words
    ) : (
      <a key={index} href={href} target="_blank" rel="noopener noreferrer" dir="ltr">
        {words}
      </a>
    ),
  )
}

function Meta({ row, conversation }: Props) {
  const { language } = useApp()
  if (row.unsent?.state === 'failed') return null
  return (
    <span className={`meta tiny muted ${row.unsent ? 'waiting' : ''}`}>
      <time dateTime={new Date(row.at).toISOString()} title={fullTime(language, row.at)}>
        {clockTime(language, row.at)}
      </time>
      {row.mine && <Progress row={row} conversation={conversation} />}
    </span>
  )
}

function Progress({ row, conversation }: Props) {
  const { words } = useApp()
  const me = useClientState((state) => state.me.id)
  if (row.unsent) return <Mark icon="clock" text={words.sending} />
  const read = row.seq !== null && readByAll(conversation, row.seq, me)
  return read ? <Mark icon="checks" text={words.read} /> : <Mark icon="check" text={words.stored} />
}

function Mark({ icon, text }: { icon: 'clock' | 'check' | 'checks'; text: string }) {
  return (
    <span className="mark" title={text}>
      <Icon name={icon} />
      <span className="sr">{text}</span>
    </span>
  )
}

function NotSent({ unsent: { id, problem } }: { unsent: Unsent }) {
  const { client, words } = useApp()
  return (
    <div className="not-sent small" role="alert">
      <span className="bad">{words.failedBecause(problem ? reason(problem, words) : words.reasonOther)}</span>
      <span className="not-sent-actions">
        <button className="quiet" onClick={() => client.sending.retry(id)}>
          {words.retry}
        </button>
        <button className="quiet bad" onClick={() => client.sending.discard(id)}>
          {words.delete}
        </button>
      </span>
    </div>
  )
}
