/** Everybody this account may write to; choosing one opens the conversation with them. */
import { useRef, useState } from 'react'
import { useApp, useClientState } from '../../app/context'
import { useAction } from '../../app/loaded'
import { Page } from '../../app/Page'
import { reason } from '../../app/reasons'
import { go } from '../../app/routes'
import { idempotencyKey } from '../../http'
import type { User } from '../../protocol'
import { partner } from '../conversations/conversation'
import { FindByAddress } from './FindByAddress'
import { PeopleList } from './PeopleList'
import { SearchField } from './SearchField'
import { useFirstField } from './useFirstField'
import { useAddress, usePeople } from './usePeople'
import './people.css'

export default function People() {
  const { words } = useApp()
  const [typed, setTyped] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const me = useClientState((state) => state.me.id)
  const [without] = useState([me])
  const people = usePeople(typed, without)
  useFirstField(field)
  const address = useAddress(typed)
  const { write, problem } = useWriteTo()
  return (
    <Page title={words.people}>
      <SearchField label={words.findPeople} typed={typed} type={setTyped} field={field} />
      {problem && (
        <p className="error inset" role="alert">
          {words.createFailed} ({reason(problem, words)})
        </p>
      )}
      <PeopleList
        people={people}
        label={words.people}
        action={words.writeTo}
        act={write}
        end={address === null ? !people.length && <Nobody typed={typed} /> : <FindByAddress key={address} address={address} found={write} />}
      />
    </Page>
  )
}

export function Nobody({ typed }: { typed: string }) {
  const { words } = useApp()
  return <p className="empty muted">{typed.trim() ? words.nothingFound(typed.trim()) : words.noPeople}</p>
}

/** Opens the conversation with a person, and begins it where there is none yet. */
function useWriteTo() {
  const { client } = useApp()
  const { problem, run } = useAction()
  const write = (person: User) => {
    const { me, conversations } = client.store.get()
    const known = [...conversations.values()].find((one) => partner(one, me.id) === person.id)
    if (known) go({ page: 'conversation', conv: known.conv })
    else
      void run(async () => {
        const conv = await client.membership.create({ kind: 'direct', members: [person.id] }, [person], idempotencyKey())
        go({ page: 'conversation', conv })
      })
  }
  return { write, problem }
}
