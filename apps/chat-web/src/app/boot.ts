/** From an empty page to a running client, or to why there is none. Next: client.ts puts the client together. */
import { Failure, Http } from '../http'
import type { Preferences } from '../features/settings/preferences'
import type { Shelf } from '../features/messages/drafts'
import type { Speech } from '../words/choose'
import { Alerting } from './alerting'
import { Client, readAccount } from './client'
import { Party } from './party'
import { createStore, type Store } from './store'

export type Booted = { state: 'loading' } | { state: 'failed' } | { state: 'ready'; client: Client }

export interface Kept {
  page: Document
  shelf: Shelf
  preferences: Store<Preferences>
  speech: Store<Speech>
}

export class Boot {
  readonly store = createStore<Booted>({ state: 'loading' })
  private readonly http = new Http((path, init) => fetch(path, init), () => this.signedOut())

  constructor(private readonly kept: Kept) {}

  /** Reads the account and starts its client; to be repeated after a failure. */
  async attempt(): Promise<void> {
    this.store.set(() => ({ state: 'loading' }))
    try {
      const client = await this.client()
      this.store.set(() => ({ state: 'ready', client }))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      // Without a login the browser is on its way to the sign-in page.
      if (error.status !== 401) this.store.set(() => ({ state: 'failed' }))
    }
  }

  private async client(): Promise<Client> {
    const [account, party] = await Promise.all([readAccount(this.http), Party.take()])
    const { page, shelf, preferences } = this.kept
    const client: Client = new Client(account, {
      page,
      shelf,
      preferences,
      party,
      http: this.http,
      signedOut: () => this.signedOut(),
      arrived: (entry) => alerting.arrived(entry),
    })
    const alerting = new Alerting(client.store, this.kept)
    client.start()
    return client
  }

  private signedOut(): void {
    this.kept.page.location.replace('/')
  }
}
