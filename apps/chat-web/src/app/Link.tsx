/** A link within the application: an ordinary link to the browser, without loading a page. */
import type { AnchorHTMLAttributes, MouseEvent } from 'react'
import { go, pathTo, type Route } from './routes'

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: Route
}

export function Link({ to, onClick, ...rest }: Props) {
  const click = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0
    if (elsewhere || event.defaultPrevented) return
    event.preventDefault()
    go(to)
  }
  return <a {...rest} href={pathTo(to)} onClick={click} />
}
