/** Everything of calls that is on screen: one that rings, the one this tab is in, the account of the last one. */
import { use } from 'react'
import { useApp, useClientState, useStore } from '../../app/context'
import { steadyClock, useNow } from '../../app/hooks'
import type { Calling } from './calling'
import { stageOf, type KnownCall } from './call'
import { CallView } from './CallView'
import type { Desk } from './desk'
import { EndedCard } from './EndedCard'
import { Incoming } from './Incoming'
import { ObstacleCard } from './ObstacleCard'
import './cards.css'
import './call.css'
import './tiles.css'
import './controls.css'

const whole = <T,>(state: T): T => state

export default function Layer() {
  const { client } = useApp()
  const calling = use(client.calls.load())
  const desk = useStore(calling.desk, whole)
  const ringing = useRinging(desk)
  return (
    <>
      {desk.mine && <CallView mine={desk.mine} calling={calling} />}
      {!desk.mine && ringing && <Incoming key={ringing.call} call={ringing} calling={calling} />}
      {!desk.mine && !ringing && <Afterwards desk={desk} calling={calling} />}
    </>
  )
}

function Afterwards({ desk: { ended, obstacle }, calling }: { desk: Desk; calling: Calling }) {
  if (obstacle) return <ObstacleCard obstacle={obstacle} calling={calling} />
  return ended && <EndedCard ended={ended} calling={calling} />
}

/** The call that rings here, as long as it does; of several the first. */
function useRinging({ dismissed }: Desk): KnownCall | null {
  const { client } = useApp()
  const calls = useClientState((state) => state.calls)
  const now = useNow(1000, steadyClock)
  const self = client.calls.self
  return [...calls.values()].find((call) => stageOf(call, self, now) === 'ringing' && !dismissed.has(call.call)) ?? null
}
