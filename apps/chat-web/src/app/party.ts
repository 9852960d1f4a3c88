/** The name of this tab towards the server: kept over reloads, never shared with a duplicate of the tab. */
import type { Id } from '../protocol'
import { uuidv7 } from '../uuid'

const KEY = 'parley.party'

export class Party {
  private constructor(private id: Id) {}

  /** The tab's own, unless a living tab holds it: a duplicated tab inherits the session storage of its original. */
  static async take(): Promise<Party> {
    const kept = sessionStorage.getItem(KEY)
    const party = new Party(kept && (await hold(kept)) ? kept : uuidv7())
    if (party.id !== kept) await party.keep()
    return party
  }

  get current(): Id {
    return this.id
  }

  /** A new one: this tab takes over from another with the same name. */
  renew(): Id {
    this.id = uuidv7()
    void this.keep()
    return this.id
  }

  private async keep(): Promise<void> {
    sessionStorage.setItem(KEY, this.id)
    await hold(this.id)
  }
}

/** Holds a name as long as the page lives; false if another page holds it. Without locks (old browsers) always true. */
function hold(id: Id): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined
  if (!locks) return Promise.resolve(true)
  return new Promise((resolve) => {
    void locks.request(`parley.party.${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      return lock ? new Promise(() => undefined) : undefined
    })
  })
}
