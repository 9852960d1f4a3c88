/** Where a message is written: grows with the text, keeps it as a draft, and sends with Enter. */
import { useId, useState, type KeyboardEvent, type RefObject } from 'react'
import { useApp } from '../../app/context'
import { Icon } from '../../app/Icon'
import type { Conversation } from '../conversations/conversation'
import { useNames } from '../conversations/useNames'
import { clean } from './body'
import { length, MAX_CHARS } from './outbox'
import './composer.css'

/** The counter appears when no more than this is left. */
const NEAR_LIMIT = 500

interface Props {
  conversation: Conversation
  field: RefObject<HTMLTextAreaElement | null>
}

export function Composer({ conversation, field }: Props) {
  const { client, words } = useApp()
  const { title } = useNames()
  const { conv } = conversation
  const [text, setText] = useState(() => client.drafts.get(conv))
  const hint = useId()
  const body = clean(text)
  const left = MAX_CHARS - (body.length > MAX_CHARS - NEAR_LIMIT ? length(body) : 0)
  const label = words.write(title(conversation))

  const write = (next: string) => {
    setText(next)
    client.drafts.set(conv, next)
  }
  const send = () => {
    if (!body || left < 0) return
    client.sending.send(conv, body)
    write('')
  }
  const keys = (event: KeyboardEvent) => {
    // While a word is being composed with an input method, Enter belongs to that.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className="composer-field" data-text={`${text} `}>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          enterKeyHint="send"
          aria-label={label}
          aria-invalid={left < 0}
          aria-describedby={left <= NEAR_LIMIT ? hint : undefined}
          placeholder={label}
          value={text}
          onKeyDown={keys}
          onChange={({ target }) => {
            write(target.value)
            if (target.value.trim()) client.typing(conv)
          }}
        />
      </div>
      {/* The focus, and with it a phone's keyboard, stays with the text. */}
      <button className="send" aria-label={words.send} title={words.send} disabled={!body || left < 0} onMouseDown={(event) => event.preventDefault()}>
        <Icon name="send" />
      </button>
      {left <= NEAR_LIMIT && (
        <p id={hint} className={`composer-hint tiny ${left < 0 ? 'bad' : 'muted'}`}>
          {left < 0 ? words.tooLong(MAX_CHARS - left, MAX_CHARS) : words.charactersLeft(left)}
        </p>
      )}
    </form>
  )
}
