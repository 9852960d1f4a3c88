/** What every view may use: the client, the words, the preferences. */
import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Preferences } from '../features/settings/preferences'
import type { Speech } from '../words/choose'
import type { Words } from '../words/en'
import type { Client } from './client'
import type { State } from './state'
import type { Store } from './store'

export interface App extends Speech {
  client: Client
  preferences: Store<Preferences>
}

export const AppContext = createContext<App | null>(null)

export function useApp(): App {
  const app = useContext(AppContext)
  if (!app) throw new Error('a view outside of the application')
  return app
}

export const useWords = (): Words => useApp().words

/** A part of a store; it must be the same object as long as nothing changed. */
export function useStore<S, T>(store: Store<S>, part: (state: S) => T): T {
  return useSyncExternalStore(store.subscribe, () => part(store.get()))
}

export const useClientState = <T>(part: (state: State) => T): T => useStore(useApp().client.store, part)
