/** Storage of a browser in memory; it can be full. */
import type { Shelf } from '../../src/features/messages/drafts'

export class MemoryShelf implements Shelf {
  readonly items = new Map<string, string>()
  full = false

  get length(): number {
    return this.items.size
  }
  key = (index: number): string | null => [...this.items.keys()][index] ?? null
  getItem = (key: string): string | null => this.items.get(key) ?? null
  removeItem = (key: string): void => void this.items.delete(key)
  setItem = (key: string, text: string): void => {
    if (this.full) throw new DOMException('full', 'QuotaExceededError')
    this.items.set(key, text)
  }
}
