/** After the call: how long it was, which way it went, how good it was and why it is over. */
import { useApp } from '../../app/context'
import { duration } from '../../app/dates'
import { go } from '../../app/routes'
import type { Words } from '../../words/en'
import { Avatar } from '../people/Avatar'
import type { Calling } from './calling'
import { Card } from './Card'
import type { Ended } from './desk'
import { PATH_WORDS } from './wording'
import { useCallNames } from './useCallNames'

interface Props {
  ended: Ended
  calling: Calling
}

export function EndedCard({ ended, calling }: Props) {
  const { client, language, words } = useApp()
  const { title, face, name } = useCallNames(ended.conv)
  const back = () => {
    calling.forget()
    go({ page: 'conversation', conv: ended.conv })
  }
  const unanswered = ended.ending === 'missed' || ended.ending === 'busy' || ended.ending === 'declined'
  return (
    <Card kind="account" face={<Avatar id={face} name={title} />} title={<bdi>{words.callWith(title)}</bdi>} subtitle={endingText(ended, name, words)} dismissed={() => calling.forget()}>
      {ended.durationMs !== null && <Account ended={ended} length={ended.durationMs} language={language} />}
      <button className="btn primary call-wide" onClick={back}>
        {words.toConversation}
      </button>
      {unanswered && (
        <button className="quiet call-wide" onClick={() => client.calls.start(ended.conv, ended.media)}>
          {words.callAgain}
        </button>
      )}
    </Card>
  )
}

function Account({ ended: { path, setUpMs, reconnects, loss }, length, language }: { ended: Ended; length: number; language: string }) {
  const { words } = useApp()
  const number = (value: number) => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value)
  const lines: [string, string][] = [
    [words.duration, duration(length)],
    [words.path, words[PATH_WORDS[path]]],
    ...(setUpMs === null ? [] : [[words.setUpIn, words.seconds(number(setUpMs / 1000))] as [string, string]]),
    [words.reconnects, String(reconnects)],
    [words.lost, words.percent(number(loss * 100))],
  ]
  return (
    <dl className="call-account">
      {lines.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Why it is over, in words. */
function endingText({ ending, by }: Ended, name: (id: string) => string, words: Words): string {
  const who = by === null ? null : name(by)
  switch (ending) {
    case 'by-me':
      return words.endedByYou
    case 'declined':
      return who === null ? words.endedUnknown : words.endedDeclined(who)
    case 'busy':
      return who === null ? words.endedUnknown : words.endedBusy(who)
    case 'missed':
      return words.endedMissed
    case 'cancelled':
      return words.endedCancelled
    case 'failed':
      return words.endedFailed
    case 'by-other':
      return who === null ? words.endedUnknown : words.endedBy(who)
    case 'left':
    case 'lost':
      return words.endedUnknown
  }
}
