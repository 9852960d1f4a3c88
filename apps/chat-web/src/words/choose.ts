/** Which language is shown. English is always here; others are loaded when they are wanted. */
import { en, type Words } from './en'

export type Language = 'en' | 'de'

export interface Speech {
  language: Language
  words: Words
}

export const english: Speech = { language: 'en', words: en }

/** The chosen language, else the first of the browser's that we have, else English. */
export function languageFor(chosen: Language | 'system', browser: readonly string[]): Language {
  if (chosen !== 'system') return chosen
  const found = browser.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === 'en' || tag === 'de')
  return found ?? 'en'
}

export async function speak(language: Language): Promise<Speech> {
  return language === 'de' ? { language, words: (await import('./de')).de } : english
}
