/** A dialog in the middle of the window; its heading takes the focus, so that no key that was meant for something else answers. */
import { useEffect, useId, useRef, type ReactNode } from 'react'

interface Props {
  title: ReactNode
  /** Said under the title. */
  subtitle: ReactNode
  face: ReactNode
  /** Told when it is closed by the keyboard. */
  dismissed: () => void
  kind: 'ring' | 'account'
  children: ReactNode
}

export function Card({ title, subtitle, face, dismissed, kind, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className={`call-card ${kind}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        dismissed()
      }}
    >
      <div className="call-card-head">
        {face}
        <div className="call-card-title">
          <h2 id={id} tabIndex={-1} autoFocus>
            {title}
          </h2>
          <p className="muted">{subtitle}</p>
        </div>
      </div>
      {children}
    </dialog>
  )
}
