/** Who is in a group. Its owner can take others out; everybody can bring others in. */
import { useApp, useClientState } from '../../app/context'
import { Icon } from '../../app/Icon'
import { useAction } from '../../app/loaded'
import { reason } from '../../app/reasons'
import type { MemberBody } from '../../protocol'
import { Avatar } from '../people/Avatar'
import { usePresence } from '../people/usePresence'
import { useWatched } from '../people/useWatched'
import type { Conversation } from './conversation'

interface Props {
  conversation: Conversation
  members: MemberBody[]
  changed: () => void
  add: () => void
}

export function Members({ conversation: { conv }, members, changed, add }: Props) {
  const { client, words } = useApp()
  const me = useClientState((state) => state.me.id)
  const { busy, problem, run } = useAction()
  const owns = members.some(({ id, role }) => id === me && role === 'owner')
  const sorted = [...members].sort((a, b) => (a.name || a.email).localeCompare(b.name || b.email))
  useWatched(members.map(({ id }) => id))
  const remove = (member: MemberBody) =>
    void run(async () => {
      await client.membership.remove(conv, member.id)
      changed()
    })
  return (
    <section className="members">
      <h3 className="heading">{words.members(members.length)}</h3>
      <button className="person action" onClick={add}>
        <span className="avatar large plain">
          <Icon name="plus" />
        </span>
        <span className="person-name">{words.addPeople}</span>
      </button>
      <ul className="plain-list">
        {sorted.map((member) => (
          <Member key={member.id} member={member} {...(owns && member.id !== me && { remove: () => remove(member) })} busy={busy} />
        ))}
      </ul>
      {problem && (
        <p className="error" role="alert">
          {words.saveFailed} ({reason(problem, words)})
        </p>
      )}
    </section>
  )
}

function Member({ member, remove, busy }: { member: MemberBody; remove?: () => void; busy: boolean }) {
  const { words } = useApp()
  const me = useClientState((state) => state.me.id)
  const status = usePresence(member.id === me ? null : member.id)
  const name = member.name || member.email
  return (
    <li className="member">
      <Avatar id={member.id} name={name} status={status} />
      <span className="row-text">
        <bdi className="person-name">{member.id === me ? words.you : name}</bdi>
        <span className="small muted person-detail">
          {member.name ? <bdi>{member.email}</bdi> : null}
          {member.role === 'owner' && <span className="tag">{words.owner}</span>}
          {status && <span className="sr">{words[status]}</span>}
        </span>
      </span>
      {remove && (
        <button className="quiet bad" disabled={busy} onClick={remove} aria-label={words.removePerson(name)}>
          {words.remove}
        </button>
      )}
    </li>
  )
}
