/** Unfinished texts, one for each conversation, kept over a reload. */
import type { Id } from '../../protocol'

/** The part of localStorage that is needed here; it may refuse to write when it is full. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

export class Drafts {
  constructor(
    private readonly shelf: Shelf,
    private readonly account: Id,
  ) {}

  get(conv: Id): string {
    return this.shelf.getItem(this.key(conv)) ?? ''
  }

  set(conv: Id, text: string): void {
    if (text) this.shelf.setItem(this.key(conv), text)
    else this.shelf.removeItem(this.key(conv))
  }

  private key = (conv: Id): string => `parley.draft.${this.account}.${conv}`
}
