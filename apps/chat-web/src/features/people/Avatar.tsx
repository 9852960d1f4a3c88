/** A person or conversation as a circle with initials; the dot is presence, told in words beside it. */
import type { CSSProperties } from 'react'
import type { Id, Status } from '../../protocol'
import { hueOf, initials } from './people'

interface Props {
  id: Id
  name: string
  status?: Status | undefined
  letters?: string
  size?: 'small' | 'large'
}

export function Avatar({ id, name, status, letters = initials(name), size = 'large' }: Props) {
  const style = { '--hue': hueOf(id) } as CSSProperties
  return (
    <span className={`avatar ${size} ${status ?? ''}`} style={style} aria-hidden="true">
      {letters}
    </span>
  )
}
