/** In a conversation's bar: start a call, or join or return to the one that goes on. */
import { useApp, useClientState, useStore } from '../../app/context'
import { steadyClock, useNow } from '../../app/hooks'
import { Icon } from '../../app/Icon'
import type { Media } from '../../protocol'
import type { Conversation } from '../conversations/conversation'
import { CALL_MEMBERS, stageOf, type KnownCall } from './call'

export function CallButtons({ conversation: { conv, kind, members } }: { conversation: Conversation }) {
  const call = useClientState((state) => state.calls.get(conv))
  if (kind === 'lobby' || members.length < 2 || members.length > CALL_MEMBERS) return null
  if (call && call.state !== 'ended') return <Live call={call} />
  return (
    <>
      <Start conv={conv} media="video" />
      <Start conv={conv} media="audio" />
    </>
  )
}

function Start({ conv, media }: { conv: string; media: Media }) {
  const { client, words } = useApp()
  const busy = useStore(client.calls.view, (view) => view !== 'none')
  const label = media === 'video' ? words.startVideo : words.startAudio
  return (
    <button className="icon" disabled={busy} onClick={() => client.calls.start(conv, media)} aria-label={label} title={label}>
      <Icon name={media === 'video' ? 'video' : 'phone'} />
    </button>
  )
}

function Live({ call }: { call: KnownCall }) {
  const { client, words } = useApp()
  const view = useStore(client.calls.view, (all) => all)
  const now = useNow(1000, steadyClock)
  const stage = stageOf(call, client.calls.self, now)
  if (stage === 'active' || stage === 'calling')
    return view === 'beside' ? (
      <button className="btn primary call-join" onClick={() => client.calls.view.set(() => 'full')}>
        {words.returnToCall}
      </button>
    ) : null
  return (
    <button className="btn primary call-join" disabled={view !== 'none' || stage === 'elsewhere'} onClick={() => client.calls.accept(call.conv, call.media === 'video')}>
      {stage === 'elsewhere' ? words.callGoesOn : words.joinCall}
    </button>
  )
}
