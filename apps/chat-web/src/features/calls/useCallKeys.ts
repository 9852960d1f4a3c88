/** The keys of a call: M for the microphone, V for the camera, Esc for the conversation. Not while somebody writes. */
import { useEffect } from 'react'
import { useApp } from '../../app/context'
import { go } from '../../app/routes'
import type { Calling } from './calling'
import type { Mine } from './desk'

export function useCallKeys({ conv, own }: Mine, calling: Calling): void {
  const { client } = useApp()
  const microphone = own?.microphone ?? null
  const camera = own?.camera ?? null
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.repeat || isWriting(event.target)) return
      const key = event.key.toLowerCase()
      if (key === 'm' && microphone !== null) calling.mute(microphone)
      else if (key === 'v' && camera !== null) void calling.turnCamera(!camera)
      else if (key === 'escape' && client.calls.view.get() === 'full') {
        client.calls.view.set(() => 'beside')
        go({ page: 'conversation', conv })
      }
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [client, calling, conv, microphone, camera])
}

const isWriting = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
