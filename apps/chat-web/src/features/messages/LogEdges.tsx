/** What stands before the first and after the last loaded entry: the beginning, loading, or what could not be loaded. */
import { useApp, useClientState } from '../../app/context'
import { useLate } from '../../app/hooks'
import type { Id } from '../../protocol'

export function LogTop({ conv, base }: { conv: Id; base: number }) {
  const { client, words } = useApp()
  const load = useClientState((state) => state.loads.get(`${conv}:older`))
  if (base === 0) return <p className="log-top tiny muted">{words.beginning}</p>
  if (load === 'failed') return <Missing className="log-top" text={words.olderFailed} retry={() => void client.history.older(conv)} />
  return load === 'loading' ? <LoadingOlder /> : null
}

function LoadingOlder() {
  const { words } = useApp()
  return useLate() ? <p className="log-top tiny muted">{words.loadingOlder}</p> : null
}

/** Newer entries that could not be loaded, while older ones are shown. */
export function LogEnd({ conv }: { conv: Id }) {
  const { client, words } = useApp()
  const load = useClientState((state) => state.loads.get(`${conv}:tail`))
  if (load !== 'failed') return null
  return <Missing className="log-end" text={words.logFailed} retry={() => void client.history.complete(conv)} />
}

function Missing({ className, text, retry }: { className: string; text: string; retry: () => void }) {
  const { words } = useApp()
  return (
    <div className={`${className} small`} role="alert">
      <span className="bad">{text}</span>
      <button className="quiet" onClick={retry}>
        {words.retry}
      </button>
    </div>
  )
}
