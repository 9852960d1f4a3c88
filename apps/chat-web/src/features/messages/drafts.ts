/** Unfinished texts, one for each conversation, kept over a reload. */
import type { Id } from '../../protocol'

/** The part of localStorage that is needed here. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/** Keeps a text. A storage that is full or forbidden refuses: then it lives as long as the page, and nothing else breaks. */
export function shelve(shelf: Shelf, key: string, text: string): void {
  try {
    shelf.setItem(key, text)
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}

/** The object that was kept as JSON; null if there is none or it cannot be read. */
export function unshelve<T>(shelf: Shelf, key: string): Partial<T> | null {
  try {
    const kept: unknown = JSON.parse(shelf.getItem(key) ?? 'null')
    return typeof kept === 'object' ? kept : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

export class Drafts {
  constructor(
    private readonly shelf: Shelf,
    private readonly account: Id,
  ) {}

  get(conv: Id): string {
    return this.shelf.getItem(this.key(conv)) ?? ''
  }

  set(conv: Id, text: string): void {
    if (text) shelve(this.shelf, this.key(conv), text)
    else this.shelf.removeItem(this.key(conv))
  }

  private key = (conv: Id): string => `parley.draft.${this.account}.${conv}`
}
