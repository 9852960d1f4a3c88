/** Looks for the person with an exact e-mail address, who need not share a conversation with anybody here. */
import { useState } from 'react'
import { useApp } from '../../app/context'
import { useAction } from '../../app/loaded'
import { Icon } from '../../app/Icon'
import type { User } from '../../protocol'

interface Props {
  address: string
  found: (person: User) => void
}

export function FindByAddress({ address, found }: Props) {
  const { client, words } = useApp()
  const { busy, problem, run } = useAction()
  const [nobody, setNobody] = useState(false)
  const look = () =>
    run(async () => {
      const [person] = await client.http.lookup([address])
      setNobody(!person)
      if (!person) return
      client.watching.put([person])
      found(person)
    })
  return (
    <div className="by-address">
      <button className="person action" onClick={() => void look()} disabled={busy}>
        <span className="avatar large plain">
          <Icon name="search" />
        </span>
        <bdi className="person-name">{words.askAddress(address)}</bdi>
      </button>
      <p className="small by-address-answer" role="alert">
        {nobody && <span className="muted">{words.noAccount(address)}</span>}
        {problem && <span className="bad">{words.peopleFailed}</span>}
      </p>
    </div>
  )
}
