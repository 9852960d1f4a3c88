/** Plays a stream in an element, on the chosen speaker where the browser can choose one. */
import { useEffect, useRef, type RefObject } from 'react'
import { useApp, useStore } from '../../app/context'

export function useStream(stream: MediaStream | null): RefObject<HTMLVideoElement | null> {
  const element = useRef<HTMLVideoElement>(null)
  const { preferences } = useApp()
  const speaker = useStore(preferences, (all) => all.speaker)
  useEffect(() => {
    if (element.current && element.current.srcObject !== stream) element.current.srcObject = stream
  }, [stream])
  useEffect(() => {
    // One that was unplugged leaves the sound where it was.
    if (element.current && speaker && 'setSinkId' in element.current) element.current.setSinkId(speaker).catch(unlessGone)
  }, [speaker])
  return element
}

function unlessGone(error: unknown): void {
  if (!(error instanceof DOMException)) throw error
}
