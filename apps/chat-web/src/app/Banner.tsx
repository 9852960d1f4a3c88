/** What is wrong with the connection, when the next attempt comes, and a way to have it now. */
import type { Connection } from '../connection'
import { useApp, useClientState } from './context'
import { steadyClock, useLate, useNow } from './hooks'

export function Banner() {
  const connection = useClientState((state) => state.connection)
  const failed = connection.phase === 'waiting' || connection.phase === 'stopped' || (connection.phase !== 'live' && connection.attempt > 0)
  return (
    <div className="banner-place" role="status">
      {failed ? <Lost connection={connection} /> : connection.phase !== 'live' && <Connecting />}
    </div>
  )
}

function Connecting() {
  const { words } = useApp()
  return useLate(1500) ? <p className="banner">{words.connecting}</p> : null
}

function Lost({ connection }: { connection: Connection }) {
  const { client, words } = useApp()
  if (connection.phase === 'stopped')
    return connection.reason === 'elsewhere' ? (
      <Notice text={words.elsewhere} action={words.useHere} act={() => client.socket.advance({ type: 'take-over' })} />
    ) : (
      <Notice text={words.outdated} action={words.reload} act={() => location.reload()} />
    )
  return (
    <div className="banner">
      <span className="banner-text">
        <Countdown connection={connection} /> <span className="banner-more">{words.queued}</span>
      </span>
      <button className="banner-action" disabled={connection.phase !== 'waiting'} onClick={() => client.socket.advance({ type: 'retry' })}>
        {words.tryNow}
      </button>
    </div>
  )
}

/** Seconds are for the eye only: a screen reader is told once that the connection is lost. */
function Countdown({ connection }: { connection: Connection }) {
  const { words } = useApp()
  const now = useNow(250, steadyClock)
  if (connection.phase !== 'waiting') return <>{words.offlineNow}</>
  const seconds = Math.max(1, Math.ceil((connection.until - now) / 1000))
  return (
    <>
      <span aria-hidden="true">{words.offlineIn(seconds)}</span>
      <span className="sr">{words.offlineNow}</span>
    </>
  )
}

function Notice({ text, action, act }: { text: string; action: string; act: () => void }) {
  return (
    <div className="banner">
      <span className="banner-text">{text}</span>
      <button className="banner-action" onClick={act}>
        {action}
      </button>
    </div>
  )
}
