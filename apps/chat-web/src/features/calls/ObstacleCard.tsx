/** Why there is no call, and what helps. */
import { useApp } from '../../app/context'
import { Icon } from '../../app/Icon'
import type { Calling } from './calling'
import { Card } from './Card'
import type { Desk } from './desk'
import { sentence } from './permissions'
import { OBSTACLE_WORDS } from './wording'

interface Props {
  obstacle: NonNullable<Desk['obstacle']>
  calling: Calling
}

export function ObstacleCard({ obstacle, calling }: Props) {
  const { words } = useApp()
  const text = obstacle.media ? sentence(obstacle.media, words) : words[OBSTACLE_WORDS[obstacle.why]]
  const face = (
    <span className="call-sign">
      <Icon name={obstacle.media ? 'mic-off' : 'alert'} />
    </span>
  )
  return (
    <Card kind="account" face={face} title={words.notStarted} subtitle={text} dismissed={() => calling.forget()}>
      <button className="btn call-wide" onClick={() => calling.forget()}>
        {words.close}
      </button>
    </Card>
  )
}
