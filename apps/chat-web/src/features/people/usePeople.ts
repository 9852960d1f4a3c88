/** People by name or address: those who are known at once, and whom the server finds besides. */
import { useEffect, useMemo } from 'react'
import { useApp, useClientState } from '../../app/context'
import { Failure } from '../../http'
import type { Id, User } from '../../protocol'
import { searchPeople } from './people'

const PAUSE_MS = 250

export function usePeople(typed: string, without: readonly Id[]): User[] {
  const { client } = useApp()
  const people = useClientState((state) => state.people)
  const query = typed.trim()
  useEffect(() => {
    if (!query) return
    const timer = setTimeout(() => void ask(), PAUSE_MS)
    const ask = async () => {
      // Without an answer those who are known stay.
      const answer = await client.http.people(query).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error
      })
      if (answer) client.watching.put(answer.body)
    }
    return () => clearTimeout(timer)
  }, [client, query])
  return useMemo(() => {
    const left = new Set(without)
    return searchPeople(people.values(), query).filter(({ id }) => !left.has(id))
  }, [people, query, without])
}

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/u

/** The typed address, unless a person with it is known already. */
export function useAddress(typed: string): string | null {
  const people = useClientState((state) => state.people)
  const address = typed.trim().toLocaleLowerCase()
  return useMemo(() => {
    const known = [...people.values()].some(({ email }) => email.toLocaleLowerCase() === address)
    return ADDRESS.test(address) && !known ? address : null
  }, [people, address])
}
