/** Names of people and conversations as the present account sees them. */
import { useMemo } from 'react'
import { useApp, useClientState } from '../../app/context'
import type { Id } from '../../protocol'
import { nameOf } from '../people/people'
import type { Conversation } from './conversation'
import { titleOf } from './list'
import type { Naming } from './summary'

export interface Names extends Naming {
  title: (conversation: Conversation) => string
}

export function useNames(): Names {
  const { words } = useApp()
  const people = useClientState((state) => state.people)
  const me = useClientState((state) => state.me.id)
  return useMemo(
    () => ({ me, words, name: (id: Id) => nameOf(people, id), title: (conversation) => titleOf(conversation, people, me) }),
    [people, me, words],
  )
}
