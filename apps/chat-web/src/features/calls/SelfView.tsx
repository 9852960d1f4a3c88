/** One's own picture, in a corner of the stage; dragged, or moved with the arrow keys. */
import { useState, type KeyboardEvent, type PointerEvent, type RefObject } from 'react'
import { useApp } from '../../app/context'
import type { OwnView } from './desk'
import { cornerAt, cornerAfter, type Corner } from './corners'
import { useStream } from './useStream'

interface Props {
  own: OwnView
  stage: RefObject<HTMLDivElement | null>
}

export function SelfView({ own, stage }: Props) {
  const { words } = useApp()
  const [corner, setCorner] = useState<Corner>('bottom-right')
  const [drag, setDrag] = useState<{ x: number; y: number } | null>(null)
  const video = useStream(own.stream)
  const keys = (event: KeyboardEvent) => {
    const next = cornerAfter(corner, event.key)
    if (next === null) return
    event.preventDefault()
    setCorner(next)
  }
  const move = (event: PointerEvent) => drag && setDrag({ x: drag.x + event.movementX, y: drag.y + event.movementY })
  const drop = (event: PointerEvent) => {
    const box = stage.current?.getBoundingClientRect()
    if (drag && box && (drag.x || drag.y)) setCorner(cornerAt(event.clientX - box.left, event.clientY - box.top, box.width, box.height))
    setDrag(null)
  }
  return (
    <button
      className={`call-self ${corner} ${own.camera ? '' : 'empty-self'}`}
      aria-label={words.ownPicture}
      style={drag ? { transform: `translate(${drag.x}px, ${drag.y}px)` } : undefined}
      onKeyDown={keys}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag({ x: 0, y: 0 })
      }}
      onPointerMove={move}
      onPointerUp={drop}
      onPointerCancel={() => setDrag(null)}
    >
      <video ref={video} autoPlay playsInline muted hidden={!own.camera} />
      {!own.camera && <span>{words.you}</span>}
    </button>
  )
}
