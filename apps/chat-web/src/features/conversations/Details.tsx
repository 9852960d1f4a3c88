/** A group's details in a dialog: its name, who is in it, who else could be, and the way out. */
import { useCallback, useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { useApp, useClientState } from '../../app/context'
import { Failed } from '../../app/Failed'
import { Icon } from '../../app/Icon'
import { useAction, useLoaded } from '../../app/loaded'
import { reason } from '../../app/reasons'
import { go } from '../../app/routes'
import { ListSkeleton } from '../../app/Skeleton'
import type { MemberBody, User } from '../../protocol'
import { FindByAddress } from '../people/FindByAddress'
import { PeopleList } from '../people/PeopleList'
import { SearchField } from '../people/SearchField'
import { useAddress, usePeople } from '../people/usePeople'
import type { Conversation } from './conversation'
import { GroupTitle } from './GroupTitle'
import { Members } from './Members'
import '../people/people.css'
import './details.css'

interface Props {
  conversation: Conversation
  close: () => void
}

export default function Details({ conversation, close }: Props) {
  const { client, words } = useApp()
  const { conv } = conversation
  const [adding, setAdding] = useState(false)
  const load = useCallback(() => client.membership.members(conv), [client, conv])
  const [members, reload] = useLoaded(load)
  const current = members.state === 'ready' ? members.value.filter(({ left }) => !left) : []
  return (
    <Dialog title={adding ? words.addPeople : words.details} close={close} {...(adding && { back: () => setAdding(false) })}>
      {members.state === 'loading' && <ListSkeleton rows={4} />}
      {members.state === 'failed' && <Failed text={words.peopleFailed} action={words.retry} retry={reload} />}
      {members.state === 'ready' && adding && <Adding conversation={conversation} members={current} changed={reload} />}
      {members.state === 'ready' && !adding && (
        <div className="details">
          <GroupTitle conversation={conversation} />
          <Members conversation={conversation} members={current} changed={reload} add={() => setAdding(true)} />
          <Leave conversation={conversation} />
        </div>
      )}
    </Dialog>
  )
}

interface DialogProps {
  title: string
  close: () => void
  back?: () => void
  children: ReactNode
}

function Dialog({ title, close, back, children }: DialogProps) {
  const { words } = useApp()
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={close}>
      <header className="bar">
        {back && (
          <button className="icon" onClick={back} aria-label={words.back} title={words.back}>
            <Icon name="back" />
          </button>
        )}
        <h2 id={id} className="page-title" tabIndex={-1}>
          {title}
        </h2>
        <button className="icon" onClick={close} aria-label={words.close} title={words.close}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  )
}

interface AddingProps {
  conversation: Conversation
  members: MemberBody[]
  changed: () => void
}

function Adding({ conversation: { conv }, members, changed }: AddingProps) {
  const { client, words } = useApp()
  const { problem, run } = useAction()
  const me = useClientState((state) => state.me.id)
  const [typed, setTyped] = useState('')
  const [without, setWithout] = useState(() => [me, ...members.map(({ id }) => id)])
  const people = usePeople(typed, without)
  const address = useAddress(typed)
  const add = (person: User) =>
    void run(async () => {
      await client.membership.add(conv, person.id)
      setWithout((before) => [...before, person.id])
      changed()
    })
  return (
    <div className="adding">
      <SearchField label={words.findPeople} typed={typed} type={setTyped} />
      {problem && (
        <p className="error inset" role="alert">
          {words.saveFailed} ({reason(problem, words)})
        </p>
      )}
      <PeopleList
        people={people}
        label={words.people}
        action={words.addPerson}
        act={add}
        end={address === null ? !people.length && <p className="empty muted">{typed ? words.nothingFound(typed) : words.noPeople}</p> : <FindByAddress key={address} address={address} found={add} />}
      />
    </div>
  )
}

/** Two steps, since it cannot be taken back without somebody's help. */
function Leave({ conversation: { conv } }: { conversation: Conversation }) {
  const { client, words } = useApp()
  const { busy, problem, run } = useAction()
  const [asked, setAsked] = useState(false)
  const me = useClientState((state) => state.me.id)
  const leave = () =>
    run(async () => {
      await client.membership.remove(conv, me)
      go({ page: 'list' }, true)
    })
  if (!asked)
    return (
      <button className="btn danger" onClick={() => setAsked(true)}>
        {words.leave}
      </button>
    )
  return (
    <div className="leave" role="alert">
      <p>{words.leaveSure}</p>
      <div className="buttons">
        <button className="btn danger" disabled={busy} onClick={() => void leave()}>
          {words.leave}
        </button>
        <button className="btn" onClick={() => setAsked(false)}>
          {words.cancel}
        </button>
      </div>
      {problem && <p className="error">{words.saveFailed}</p>}
    </div>
  )
}
