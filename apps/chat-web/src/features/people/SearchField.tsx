/** A field that filters what is below it. Escape clears it, the down arrow goes to the first result. */
import type { KeyboardEvent, RefObject } from 'react'
import { useWords } from '../../app/context'
import { Icon } from '../../app/Icon'

interface Props {
  label: string
  typed: string
  type: (typed: string) => void
  field?: RefObject<HTMLInputElement | null>
  onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void
}

export function SearchField({ label, typed, type, field, onKeyDown = towards }: Props) {
  const words = useWords()
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape' && typed) {
      // Within a dialog Escape would close that as well.
      event.preventDefault()
      type('')
    } else onKeyDown(event)
  }
  return (
    <div className="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        className="search-field"
        placeholder={label}
        aria-label={label}
        autoComplete="off"
        value={typed}
        onChange={({ target }) => type(target.value)}
        onKeyDown={keys}
      />
      {typed && (
        <button type="button" className="search-clear" aria-label={words.clear} title={words.clear} onClick={() => type('')}>
          <Icon name="close" />
        </button>
      )}
    </div>
  )
}

function towards(event: KeyboardEvent<HTMLInputElement>): void {
  if (event.key !== 'ArrowDown') return
  const list = event.currentTarget.closest('.search')?.parentElement?.querySelector<HTMLElement>('.scroll button')
  if (!list) return
  event.preventDefault()
  list.focus()
}
