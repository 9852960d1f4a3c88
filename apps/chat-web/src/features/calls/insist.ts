/** A request of a call that outlives a short loss of the connection: its id makes a repetition harmless. */
import type { AppStore } from '../../app/state'
import type { Replies, Requests } from '../../protocol'
import { Lost, type Socket } from '../../socket'
import { uuidv7 } from '../../uuid'

/** How long it waits for the connection to come back, and how often it is made. */
const BACK_MS = 15_000
const ATTEMPTS = 3

export interface Means {
  store: AppStore
  wire: Pick<Socket, 'live' | 'request'>
}

/** Throws Refused, or Lost after all attempts. */
export async function insist<T extends 'call.invite' | 'call.accept'>(means: Means, t: T, d: Requests[T], id = uuidv7()): Promise<Replies[T]> {
  for (let attempt = 1; ; attempt++) {
    try {
      await live(means)
      return await means.wire.request(t, d, id)
    } catch (error) {
      if (!(error instanceof Lost) || attempt >= ATTEMPTS) throw error
    }
  }
}

/** When there is a connection. Throws Lost if there is none for long. */
function live({ store, wire }: Means): Promise<void> {
  if (wire.live) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      unsubscribe()
      clearTimeout(timer)
      done()
    }
    const timer = setTimeout(() => settle(() => reject(new Lost('no connection'))), BACK_MS)
    const unsubscribe = store.subscribe(() => wire.live && settle(resolve))
  })
}
