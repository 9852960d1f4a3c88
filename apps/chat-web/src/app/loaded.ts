/** For views that ask the server themselves: what came, what is still coming, what failed. */
import { useCallback, useEffect, useState } from 'react'
import { Failure } from '../http'
import type { Problem } from '../protocol'

export type Loaded<T> = { state: 'loading' } | { state: 'failed' } | { state: 'ready'; value: T }

/** Loads now and again on `reload`, which keeps what is shown; `load` must stay the same function. */
export function useLoaded<T>(load: () => Promise<T>): [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' })
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let wanted = true
    const put = (next: Loaded<T>) => wanted && setLoaded(next)
    load().then((value) => put({ state: 'ready', value }), unlessFailure(() => put({ state: 'failed' })))
    return () => {
      wanted = false
    }
  }, [load, attempt])
  const reload = useCallback(() => {
    setLoaded((before) => (before.state === 'failed' ? { state: 'loading' } : before))
    setAttempt((count) => count + 1)
  }, [])
  return [loaded, reload]
}

export interface Action {
  busy: boolean
  problem: Problem | null
  run: (act: () => Promise<unknown>) => Promise<void>
  forget: () => void
}

/** One thing at a time that a button does, and why it did not work. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const run = useCallback(async (act: () => Promise<unknown>) => {
    setBusy(true)
    setProblem(null)
    await act().catch(unlessFailure((failure) => setProblem(failure.problem)))
    setBusy(false)
  }, [])
  const forget = useCallback(() => setProblem(null), [])
  return { busy, problem, run, forget }
}

const unlessFailure = (handle: (failure: Failure) => void) => (error: unknown) => {
  if (!(error instanceof Failure)) throw error
  handle(error)
}
