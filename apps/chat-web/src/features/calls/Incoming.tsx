/** A call that rings here: who, and three answers. It is heard, seen in the title and, if allowed, notified. */
import { useEffect } from 'react'
import { useApp, useStore } from '../../app/context'
import { go } from '../../app/routes'
import { Avatar } from '../people/Avatar'
import type { KnownCall } from './call'
import type { Calling } from './calling'
import { Card } from './Card'
import { sentence } from './permissions'
import { notifyOf, sound } from './ring'
import { useCallNames } from './useCallNames'

interface Props {
  call: KnownCall
  calling: Calling
}

export function Incoming({ call, calling }: Props) {
  const { client, words } = useApp()
  const { name, group, title } = useCallNames(call.conv)
  const obstacle = useStore(calling.desk, (desk) => desk.obstacle)
  const caller = name(call.from)
  const kind = call.media === 'video' ? words.videoCallFrom : words.audioCallFrom
  useAlarm(call, words.callsYou(caller), kind)
  const accept = (video: boolean) => {
    go({ page: 'conversation', conv: call.conv })
    client.calls.accept(call.conv, video)
  }
  return (
    <Card
      kind="ring"
      face={<Avatar id={call.from} name={caller} />}
      title={<bdi>{caller}</bdi>}
      subtitle={group ? `${kind} · ${words.calledIn(caller, title)}` : kind}
      dismissed={() => calling.dismiss(call.call)}
    >
      {obstacle?.media && (
        <p className="error" role="alert">
          {sentence(obstacle.media, words)}
        </p>
      )}
      <div className="call-answers">
        <button className="btn no" onClick={() => calling.decline(call.conv)}>
          {words.decline}
        </button>
        <button className="btn yes" onClick={() => accept(call.media === 'video')}>
          {words.accept}
        </button>
      </div>
      {call.media === 'video' && (
        <button className="quiet call-wide" onClick={() => accept(false)}>
          {words.acceptWithoutVideo}
        </button>
      )}
    </Card>
  )
}

/** Sound, title and notification, as long as it rings. */
function useAlarm({ call, conv }: KnownCall, text: string, kind: string): void {
  const { client, preferences } = useApp()
  const { notifications } = useStore(preferences, (all) => all)
  useEffect(() => sound('ring'), [])
  useEffect(() => {
    client.calls.alarm.set(() => text)
    return () => client.calls.alarm.set(() => null)
  }, [client, text])
  useEffect(() => {
    if (!notifications || !document.hidden) return
    return notifyOf(call, text, kind, () => go({ page: 'conversation', conv }))
  }, [notifications, call, conv, text, kind])
}
