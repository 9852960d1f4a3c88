/** Who is typing where: told at most once in 3 s, shown for 6 s, over when the message comes. */
import type { Id } from '../../protocol'

export const TELL_MS = 3000
export const SHOW_MS = 6000

/** conversation -> person -> until when, in ms. */
export type Typing = ReadonlyMap<Id, ReadonlyMap<Id, number>>

export const begun = (typing: Typing, conv: Id, user: Id, now: number): Typing =>
  new Map(typing).set(conv, new Map(typing.get(conv)).set(user, now + SHOW_MS))

export function ended(typing: Typing, conv: Id, user: Id): Typing {
  if (!typing.get(conv)?.has(user)) return typing
  const rest = new Map(typing.get(conv))
  rest.delete(user)
  return rest.size ? new Map(typing).set(conv, rest) : dropped(typing, conv)
}

/** Without those whose time is over; the same object if nobody's is. */
export function expired(typing: Typing, now: number): Typing {
  let left = typing
  for (const [conv, users] of typing) for (const [user, until] of users) if (until <= now) left = ended(left, conv, user)
  return left
}

function dropped(typing: Typing, conv: Id): Typing {
  const rest = new Map(typing)
  rest.delete(conv)
  return rest
}

/** Lets one notice through in 3 s for each conversation. */
export class TypingNotices {
  private readonly told = new Map<Id, number>()

  due(conv: Id, now: number): boolean {
    if (now - (this.told.get(conv) ?? -Infinity) < TELL_MS) return false
    this.told.set(conv, now)
    return true
  }
}
