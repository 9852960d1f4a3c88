/** Theme and language of this device. */
import { useApp, useStore } from '../../app/context'
import type { Preferences } from './preferences'
import { Section } from './Section'

export function Appearance() {
  const { preferences, words } = useApp()
  const { theme, language } = useStore(preferences, (all) => all)
  const themes = { system: words.themeSystem, light: words.themeLight, dark: words.themeDark }
  // Each language under its own name, for those who cannot read the present one.
  const languages = { system: words.languageSystem, en: 'English', de: 'Deutsch' }
  return (
    <>
      <Section title={words.theme}>
        <Choice name="theme" label={words.theme} options={themes} chosen={theme} choose={(next) => preferences.set((all): Preferences => ({ ...all, theme: next }))} />
      </Section>
      <Section title={words.language}>
        <Choice name="language" label={words.language} options={languages} chosen={language} choose={(next) => preferences.set((all): Preferences => ({ ...all, language: next }))} />
      </Section>
    </>
  )
}

interface ChoiceProps<T extends string> {
  name: string
  label: string
  options: Record<T, string>
  chosen: T
  choose: (option: T) => void
}

function Choice<T extends string>({ name, label, options, chosen, choose }: ChoiceProps<T>) {
  return (
    <div className="choice" role="radiogroup" aria-label={label}>
      {(Object.keys(options) as T[]).map((option) => (
        <label key={option}>
          <input type="radio" name={name} checked={option === chosen} onChange={() => choose(option)} />
          <span>{options[option]}</span>
        </label>
      ))}
    </div>
  )
}
