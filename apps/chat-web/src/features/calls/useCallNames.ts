/** Whom a call is with, as this account names them. */
import { useClientState } from '../../app/context'
import type { Id } from '../../protocol'
import { partner } from '../conversations/conversation'
import { useNames } from '../conversations/useNames'

export interface CallNames {
  /** The conversation's title: of two, the other person. */
  title: string
  /** Whose face stands for the call. */
  face: Id
  group: boolean
  name: (user: Id) => string
}

export function useCallNames(conv: Id): CallNames {
  const names = useNames()
  const conversation = useClientState((state) => state.conversations.get(conv))
  const other = conversation ? partner(conversation, names.me) : null
  return { title: conversation ? names.title(conversation) : '…', face: other ?? conv, group: conversation?.kind === 'group', name: names.name }
}
