/** Picks people and begins a conversation with them: one is a direct one, several are a group. */
import { useMemo, useRef, useState, type RefObject } from 'react'
import { useApp, useClientState } from '../../app/context'
import { useAction } from '../../app/loaded'
import { Icon } from '../../app/Icon'
import { Page } from '../../app/Page'
import { reason } from '../../app/reasons'
import { go } from '../../app/routes'
import { idempotencyKey } from '../../http'
import type { NewConversation as Wanted, User } from '../../protocol'
import { FindByAddress } from '../people/FindByAddress'
import { Nobody } from '../people/People'
import { PeopleList } from '../people/PeopleList'
import { SearchField } from '../people/SearchField'
import { useFirstField } from '../people/useFirstField'
import { useAddress, usePeople } from '../people/usePeople'
import { Avatar } from '../people/Avatar'
import '../people/people.css'

const MAX_TITLE = 120

export default function NewConversation() {
  const { words } = useApp()
  const me = useClientState((state) => state.me.id)
  const [picked, setPicked] = useState<readonly User[]>([])
  const [typed, setTyped] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const [without] = useState([me])
  const people = usePeople(typed, without)
  useFirstField(field)
  const address = useAddress(typed)
  const isPicked = ({ id }: User) => picked.some((one) => one.id === id)
  const toggle = (person: User) => {
    setPicked(isPicked(person) ? picked.filter(({ id }) => id !== person.id) : [...picked, person])
    setTyped('')
    if (typed) field.current?.focus()
  }
  return (
    <Page title={words.newConversation}>
      <SearchField label={words.findPeople} typed={typed} type={setTyped} field={field} />
      {picked.length > 0 && <Picked people={picked} unpick={toggle} next={field} />}
      <PeopleList
        people={people}
        label={words.people}
        action={(name) => name}
        act={toggle}
        picked={isPicked}
        end={address === null ? !people.length && <Nobody typed={typed} /> : <FindByAddress key={address} address={address} found={toggle} />}
      />
      {picked.length > 0 && <Start people={picked} />}
    </Page>
  )
}

interface PickedProps {
  people: readonly User[]
  unpick: (person: User) => void
  /** What takes the focus when a chip goes. */
  next: RefObject<HTMLInputElement | null>
}

function Picked({ people, unpick, next }: PickedProps) {
  const { words } = useApp()
  return (
    <ul className="chips" aria-label={words.picked}>
      {people.map((person) => {
        const name = person.name || person.email
        return (
          <li key={person.id}>
            <button
              className="chip"
              aria-label={words.unpick(name)}
              onClick={() => {
                unpick(person)
                next.current?.focus()
              }}
            >
              <Avatar id={person.id} name={name} size="small" />
              <bdi>{name}</bdi>
              <Icon name="close" />
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Start({ people }: { people: readonly User[] }) {
  const { client, words } = useApp()
  const { busy, problem, run } = useAction()
  const [title, setTitle] = useState('')
  const wanted = useMemo(() => wantedOf(people, title), [people, title])
  // The same for each attempt at the same wish, so that a lost answer does not make two groups.
  const key = useMemo(() => ({ wanted, value: idempotencyKey() }), [wanted])
  const start = () =>
    run(async () => {
      const conv = await client.membership.create(wanted, people, key.value)
      go({ page: 'conversation', conv }, true)
    })
  return (
    <form
      className="start"
      onSubmit={(event) => {
        event.preventDefault()
        void start()
      }}
    >
      {people.length > 1 && (
        <input
          className="field"
          aria-label={words.groupTitle}
          placeholder={words.groupTitle}
          maxLength={MAX_TITLE}
          value={title}
          dir="auto"
          onChange={({ target }) => setTitle(target.value)}
        />
      )}
      <button className="btn primary" disabled={busy}>
        {people.length > 1 ? words.startGroup : words.start}
      </button>
      {problem && (
        <p className="error" role="alert">
          {words.createFailed} ({reason(problem, words)})
        </p>
      )}
    </form>
  )
}

function wantedOf(people: readonly User[], title: string): Wanted {
  const [first, ...more] = people.map(({ id }) => id)
  if (first !== undefined && !more.length) return { kind: 'direct', members: [first] }
  return { kind: 'group', members: people.map(({ id }) => id), title: title.trim() || null }
}
