/** Presence of the people that a view shows, for as long as it shows them. */
import { useEffect } from 'react'
import { useApp } from '../../app/context'
import type { Id } from '../../protocol'

export function useWatched(people: readonly Id[]): void {
  const { client } = useApp()
  const ids = [...people].sort().join()
  useEffect(() => client.watching.show(ids ? ids.split(',') : []), [client, ids])
}
