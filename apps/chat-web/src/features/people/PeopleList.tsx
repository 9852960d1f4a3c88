/** A list of people with their presence, virtual, walked with the arrow keys; each row is one button. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import { useApp } from '../../app/context'
import type { User } from '../../protocol'
import { moved } from '../conversations/list'
import { Avatar } from './Avatar'
import { usePresence } from './usePresence'
import { useWatched } from './useWatched'

const ROW_PX = 64

interface Props {
  people: User[]
  label: string
  /** What the button of a row says. */
  action: (name: string) => string
  act: (person: User) => void
  /** Whether a person is picked, where several can be. */
  picked?: (person: User) => boolean
  end?: ReactNode
}

export function PeopleList({ people, label, action, act, picked, end }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: people.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => people[index]?.id ?? index,
    overscan: 6,
  })
  const items = virtualizer.getVirtualItems()
  useWatched(items.flatMap(({ index }) => people[index]?.id ?? []))
  const keys = (event: KeyboardEvent) => {
    const at = Number((event.target as HTMLElement).closest('li')?.dataset['index'] ?? -1)
    const to = moved(event.key, at, people.length)
    if (to === null) return
    event.preventDefault()
    virtualizer.scrollToIndex(to)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"] button`)?.focus())
  }
  return (
    <div className="scroll" ref={scroller}>
      {people.length > 0 && (
        <ul className="virtual" style={{ height: virtualizer.getTotalSize() }} onKeyDown={keys} aria-label={label}>
          {items.map(({ index, key, start }) => {
            const person = people[index]
            return person ? (
              <li key={key} data-index={index} style={{ transform: `translateY(${start}px)`, height: ROW_PX }} aria-setsize={people.length} aria-posinset={index + 1}>
                <PersonButton person={person} action={action} act={act} pressed={picked?.(person)} />
              </li>
            ) : null
          })}
        </ul>
      )}
      {end}
    </div>
  )
}

interface ButtonProps {
  person: User
  action: Props['action']
  act: Props['act']
  pressed: boolean | undefined
}

function PersonButton({ person, action, act, pressed }: ButtonProps) {
  const { words } = useApp()
  const name = person.name || person.email
  const status = usePresence(person.id)
  return (
    <button className="person" aria-pressed={pressed} onClick={() => act(person)} title={action(name)}>
      <Avatar id={person.id} name={name} status={status} />
      <span className="row-text">
        <bdi className="person-name">{name}</bdi>
        <span className="small muted person-detail">
          {person.name ? <bdi>{person.email}</bdi> : null}
          {status && <span className="person-status">{words[status]}</span>}
        </span>
      </span>
    </button>
  )
}
