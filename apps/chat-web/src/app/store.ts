/** One value that changes as a whole, and those who want to know. React reads it through useStore.ts. */

export interface Store<S> {
  get: () => S
  set: (change: (state: S) => S) => void
  subscribe: (changed: () => void) => () => void
}

export function createStore<S>(initial: S): Store<S> {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    set(change) {
      const next = change(state)
      if (Object.is(next, state)) return
      state = next
      for (const changed of [...listeners]) changed()
    },
    subscribe(changed) {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
  }
}
