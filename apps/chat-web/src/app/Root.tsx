/** What the page shows until there is a client: nothing, then a sketch of what comes, or what went wrong. */
import { useMemo } from 'react'
import type { Preferences } from '../features/settings/preferences'
import type { Speech } from '../words/choose'
import { App } from './App'
import type { Boot } from './boot'
import { AppContext, useStore } from './context'
import { Failed } from './Failed'
import { useLate } from './hooks'
import { ListSkeleton } from './Skeleton'
import type { Store } from './store'

interface Props {
  boot: Boot
  speech: Store<Speech>
  preferences: Store<Preferences>
}

const whole = <T,>(state: T): T => state

export function Root({ boot, speech, preferences }: Props) {
  const booted = useStore(boot.store, whole)
  const { language, words } = useStore(speech, whole)
  const client = booted.state === 'ready' ? booted.client : null
  const app = useMemo(() => client && { client, preferences, language, words }, [client, preferences, language, words])
  if (app)
    return (
      <AppContext value={app}>
        <App />
      </AppContext>
    )
  if (booted.state === 'failed') return <Unreachable retry={() => void boot.attempt()} words={words} />
  return <Starting words={words} />
}

function Starting({ words }: { words: Speech['words'] }) {
  if (!useLate()) return null
  return (
    <div className="app">
      <main className="panes" aria-busy="true">
        <h1 className="sr">Parley</h1>
        <p className="sr" role="status">
          {words.loading}
        </p>
        <div className="rail">
          <div className="bar" />
          <ListSkeleton rows={7} />
        </div>
      </main>
    </div>
  )
}

function Unreachable({ retry, words }: { retry: () => void; words: Speech['words'] }) {
  return (
    <main className="whole">
      <h1 className="sr">Parley</h1>
      <Failed text={words.bootFailed} action={words.retry} retry={retry} />
    </main>
  )
}
