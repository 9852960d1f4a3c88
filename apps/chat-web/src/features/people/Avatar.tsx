/** A person or conversation as a circle with initials; the dot is presence, told in words beside it. The
 * letters are drawn by the style sheet: they are no text to be read out, copied or found. */
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
    <span className={`avatar ${size} ${status ?? ''}`} style={style} data-letters={letters} aria-hidden="true" />
  )
}
