/** The left column, a page of its own on a phone: who I am, where to begin, and the conversations. */
import { useClientState, useWords } from '../../app/context'
import { PHONE, useMedia } from '../../app/hooks'
import { Icon } from '../../app/Icon'
import { Link } from '../../app/Link'
import { Avatar } from '../people/Avatar'
import { ConversationList } from './ConversationList'
import './conversations.css'

export function Rail() {
  const words = useWords()
  const phone = useMedia(PHONE)
  const me = useClientState((state) => state.me)
  const live = useClientState((state) => state.connection.phase === 'live')
  return (
    <nav className="rail" aria-label={words.conversations}>
      <header className="bar">
        {phone ? <h1 className="sr">Parley</h1> : <h2 className="sr">{words.conversations}</h2>}
        <Link to={{ page: 'settings' }} className="me" title={words.settings}>
          <Avatar id={me.id} name={me.name || me.email} status={live ? 'active' : undefined} />
          <b dir="auto">{me.name || me.email}</b>
          <span className="sr">, {words.settings}</span>
        </Link>
        <Link to={{ page: 'people' }} className="icon" aria-label={words.people} title={words.people}>
          <Icon name="people" />
        </Link>
        <Link to={{ page: 'new' }} className="icon" aria-label={words.newConversation} title={words.newConversation}>
          <Icon name="plus" />
        </Link>
      </header>
      <ConversationList />
    </nav>
  )
}
