/** In the history, beside a call that was missed: calls back the same way. */
import { useApp, useClientState, useStore } from '../../app/context'
import type { CallEntry } from '../../protocol'

export function CallBack({ entry }: { entry: CallEntry }) {
  const { client, words } = useApp()
  const busy = useStore(client.calls.view, (view) => view !== 'none')
  const live = useClientState((state) => (state.calls.get(entry.conv)?.state ?? 'ended') !== 'ended')
  return (
    <button className="quiet call-back" disabled={busy || live} onClick={() => client.calls.start(entry.conv, entry.meta.media)}>
      {words.callBack}
    </button>
  )
}
