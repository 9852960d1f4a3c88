/** Whether somebody is there, as far as it is known: without a connection nobody can tell. */
import { useClientState } from '../../app/context'
import type { Id, Status } from '../../protocol'

export const usePresence = (id: Id | null): Status | undefined =>
  useClientState(({ connection, presence }) => (id !== null && connection.phase === 'live' ? presence.get(id) : undefined))
