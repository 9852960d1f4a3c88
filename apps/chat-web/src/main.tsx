/** The chat page: takes what the browser keeps, and puts the application onto the page. Next: app/boot.ts, app/Root.tsx. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Boot } from './app/boot'
import { Broken } from './app/Broken'
import { Root } from './app/Root'
import { createStore } from './app/store'
import { applyTheme, openPreferences } from './features/settings/preferences'
import { english, languageFor, speak, type Speech } from './words/choose'
import './tokens.css'
import './app/app.css'
import './app/lists.css'

const preferences = openPreferences(localStorage)
const speech = createStore<Speech>(english)

const dress = () => applyTheme(document.documentElement, preferences.get())

/** A language that cannot be loaded leaves the one that is shown. */
async function translate(): Promise<void> {
  const wanted = languageFor(preferences.get().language, navigator.languages)
  if (wanted === speech.get().language) return
  const found = await speak(wanted).catch(() => speech.get())
  speech.set(() => found)
  document.documentElement.lang = found.language
}

preferences.subscribe(dress)
preferences.subscribe(() => void translate())
dress()

const boot = new Boot({ page: document, shelf: localStorage, preferences, speech })
void Promise.all([translate(), boot.attempt()])

const place = document.getElementById('root')
if (place)
  createRoot(place).render(
    <StrictMode>
      <Broken speech={speech}>
        <Root boot={boot} speech={speech} preferences={preferences} />
      </Broken>
    </StrictMode>,
  )
