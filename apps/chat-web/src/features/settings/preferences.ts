/** What a person chose on this device: theme, language, alerts. Kept in localStorage. */
import { createStore, type Store } from '../../app/store'
import { shelve, unshelve, type Shelf } from '../messages/drafts'

export interface Preferences {
  theme: 'system' | 'light' | 'dark'
  language: 'system' | 'en' | 'de'
  notifications: boolean
  sound: boolean
  /** Chosen devices by their ids; empty for the browser's choice. */
  microphone: string
  camera: string
  speaker: string
}

const KEY = 'parley.preferences'
const DEFAULTS: Preferences = { theme: 'system', language: 'system', notifications: false, sound: false, microphone: '', camera: '', speaker: '' }

export function openPreferences(shelf: Shelf): Store<Preferences> {
  const store = createStore<Preferences>({ ...DEFAULTS, ...unshelve<Preferences>(shelf, KEY) })
  store.subscribe(() => shelve(shelf, KEY, JSON.stringify(store.get())))
  return store
}

/** Puts the theme onto the page; without an attribute it follows the system. */
export function applyTheme(root: HTMLElement, { theme }: Preferences): void {
  if (theme === 'system') root.removeAttribute('data-theme')
  else root.setAttribute('data-theme', theme)
}
