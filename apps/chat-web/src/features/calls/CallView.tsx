/** The call of this tab: the others large, oneself small, the controls; filling the window or beside the conversation. */
import { useEffect, useRef } from 'react'
import { useApp, useStore } from '../../app/context'
import { duration } from '../../app/dates'
import { steadyClock, useNow } from '../../app/hooks'
import { Icon } from '../../app/Icon'
import { go } from '../../app/routes'
import type { Words } from '../../words/en'
import { Avatar } from '../people/Avatar'
import type { Calling } from './calling'
import { Controls } from './Controls'
import type { Mine } from './desk'
import { sentence } from './permissions'
import { sound } from './ring'
import { SelfView } from './SelfView'
import { Tile } from './Tile'
import { useCallKeys } from './useCallKeys'
import { useCallNames } from './useCallNames'
import { GRADE_WORDS, PATH_WORDS } from './wording'

interface Props {
  mine: Mine
  calling: Calling
}

export function CallView({ mine, calling }: Props) {
  const { client, words } = useApp()
  const view = useStore(client.calls.view, (all) => all)
  const names = useCallNames(mine.conv)
  const stage = useRef<HTMLDivElement>(null)
  useCallKeys(mine, calling)
  useRingback(mine)
  return (
    <section className={`call-view ${view === 'beside' ? 'beside' : 'full'}`} aria-label={words.callWith(names.title)}>
      <Top mine={mine} title={names.title} />
      <div className="call-stage" ref={stage}>
        <Others mine={mine} />
        {mine.own && <SelfView own={mine.own} stage={stage} />}
        {mine.problem && (
          <div className="call-problem" role="alert">
            <span>{sentence(mine.problem, words)}</span>
            <button className="icon" onClick={calling.forgetProblem} aria-label={words.close} title={words.close}>
              <Icon name="close" />
            </button>
          </div>
        )}
      </div>
      <Controls mine={mine} calling={calling} stage={stage} />
    </section>
  )
}

function Top({ mine, title }: { mine: Mine; title: string }) {
  const { client, words } = useApp()
  const view = useStore(client.calls.view, (all) => all)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  const full = view === 'full'
  const turn = () => {
    client.calls.view.set(() => (full ? 'beside' : 'full'))
    if (full) go({ page: 'conversation', conv: mine.conv })
  }
  const label = full ? words.showConversation : words.fillWindow
  return (
    <header className="call-top">
      <h2 className="call-title" tabIndex={-1} ref={heading}>
        <bdi>{title}</bdi>
        <span className="call-clock"> · <Status mine={mine} /></span>
      </h2>
      <Going mine={mine} />
      <button className="icon call-turn" onClick={turn} aria-label={label} title={label}>
        <Icon name={full ? 'chat' : 'fill'} />
      </button>
    </header>
  )
}

/** How long it has been going on, or what it waits for. */
function Status({ mine }: { mine: Mine }) {
  const { words } = useApp()
  const now = useNow(1000, steadyClock)
  return <>{mine.phase === 'active' && mine.since !== null ? duration(Math.max(0, now - mine.since)) : waitingFor(mine, words)}</>
}

function waitingFor({ phase, own, ringsThere }: Mine, words: Words): string {
  if (!own) return words.openingDevices
  if (phase === 'calling') return ringsThere ? words.ringingThere : words.callingThem
  return words.connectingCall
}

/** Path and quality: those of the edge that is worst off. */
function Going({ mine: { peers } }: { mine: Mine }) {
  const { words } = useApp()
  const worst = [...peers].sort((a, b) => b.quality.loss - a.quality.loss)[0]
  if (!worst || worst.quality.path === 'unknown') return null
  const grade = GRADE_WORDS[worst.quality.grade]
  return (
    <p className="call-going">
      {words[PATH_WORDS[worst.quality.path]]}
      {grade && ` · ${words[grade]}`}
    </p>
  )
}

function Others({ mine }: { mine: Mine }) {
  const { words } = useApp()
  const { title, face } = useCallNames(mine.conv)
  if (mine.peers.length)
    return (
      <ul className={`call-others of${Math.min(mine.peers.length, 5)}`}>
        {mine.peers.map((peer) => (
          <li key={peer.user}>
            <Tile peer={peer} />
          </li>
        ))}
      </ul>
    )
  return (
    <div className="call-waiting" aria-live="polite">
      <Avatar id={face} name={title} />
      <p>{mine.phase === 'active' ? words.waitingForOthers : waitingFor(mine, words)}</p>
    </div>
  )
}

function useRingback({ phase, ringsThere }: Mine): void {
  const rings = phase === 'calling' && ringsThere
  useEffect(() => (rings ? sound('ringback') : undefined), [rings])
}
