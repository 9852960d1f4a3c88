/**
 * Carries unsent messages over a reload: one item of storage for each, so that several tabs do not overwrite each other.
 *
 * Two tabs may send the same message; its id and `after` are the same, so it is stored once.
 */
import type { Id } from '../../protocol'
import { shelve, unshelve, type Shelf } from './drafts'
import type { Outbox, Unsent } from './outbox'

const prefix = (account: Id): string => `parley.unsent.${account}.`

/** What was not acknowledged before, in the order it was written; what was on its way waits again. */
export function kept(shelf: Shelf, account: Id): Outbox {
  const keys = Array.from({ length: shelf.length }, (_, index) => shelf.key(index) ?? '')
  return keys
    .filter((key) => key.startsWith(prefix(account)))
    .map((key) => unshelve<Unsent>(shelf, key))
    .filter((unsent): unsent is Unsent => !!unsent?.id && !!unsent.conv && !!unsent.after && !!unsent.body)
    .map((unsent): Unsent => ({ ...unsent, state: unsent.state === 'failed' ? 'failed' : 'queued', notBefore: 0 }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Writes what changed between two states of the outbox. */
export function keep(shelf: Shelf, account: Id, before: Outbox, after: Outbox): void {
  const old = new Set(before)
  const ids = new Set(after.map(({ id }) => id))
  for (const unsent of after) if (!old.has(unsent)) shelve(shelf, prefix(account) + unsent.id, JSON.stringify(unsent))
  for (const { id } of before) if (!ids.has(id)) shelf.removeItem(prefix(account) + id)
}

/** The id of a message that another tab is done with, if that is what a change of storage means. */
export function settledElsewhere(account: Id, { key, newValue }: Pick<StorageEvent, 'key' | 'newValue'>): Id | null {
  return key?.startsWith(prefix(account)) && newValue === null ? key.slice(prefix(account).length) : null
}
