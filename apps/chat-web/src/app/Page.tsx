/** A page in the main pane: its bar with the way back on a phone, its title, and its content. */
import { useEffect, useRef, type ReactNode } from 'react'
import { useWords } from './context'
import { PHONE, useMedia } from './hooks'
import { Icon } from './Icon'
import { goBack } from './routes'

interface Props {
  title: string
  children: ReactNode
}

export function Page({ title, children }: Props) {
  return (
    <>
      <header className="bar">
        <Back />
        <Title text={title} />
      </header>
      {children}
    </>
  )
}

/** To the list; only where the list is not beside the page. */
export function Back() {
  const words = useWords()
  if (!useMedia(PHONE)) return null
  return (
    <button className="icon" onClick={goBack} aria-label={words.back} title={words.back}>
      <Icon name="back" />
    </button>
  )
}

/** Takes the focus when the page appears, so that a keyboard and a screen reader begin at its top. */
function Title({ text }: { text: string }) {
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus({ preventScroll: true }), [])
  return (
    <h1 className="page-title" tabIndex={-1} ref={title}>
      {text}
    </h1>
  )
}
