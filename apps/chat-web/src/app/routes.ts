/** The pages of the application and their addresses, on the History API. */
import { useSyncExternalStore } from 'react'
import type { Id } from '../protocol'

export type Route = { page: 'list' | 'new' | 'people' | 'settings' | 'doctor' } | { page: 'conversation'; conv: Id }

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The page at a path; what is unknown is the list. */
export function routeOf(path: string): Route {
  const name = path.replace(/^\/chat\/?/, '').replace(/\/$/, '')
  if (name === 'new' || name === 'people' || name === 'settings' || name === 'doctor') return { page: name }
  return ID.test(name) ? { page: 'conversation', conv: name } : { page: 'list' }
}

export const pathTo = (route: Route): string =>
  route.page === 'list' ? '/chat' : `/chat/${route.page === 'conversation' ? route.conv : route.page}`

const moved = new EventTarget()

/** Goes to a page. The entry remembers where it came from, for `goBack`. */
export function go(route: Route, replace = false): void {
  const path = pathTo(route)
  if (path === location.pathname) return
  if (replace) history.replaceState(history.state, '', path)
  else history.pushState({ from: location.pathname }, '', path)
  moved.dispatchEvent(new Event('moved'))
}

/** To the list: one step back where that is the list, so that no double entry is left. */
export function goBack(): void {
  const from = (history.state as { from?: string } | null)?.from
  if (from === pathTo({ page: 'list' })) history.back()
  else go({ page: 'list' }, true)
}

function subscribe(changed: () => void): () => void {
  moved.addEventListener('moved', changed)
  window.addEventListener('popstate', changed)
  return () => {
    moved.removeEventListener('moved', changed)
    window.removeEventListener('popstate', changed)
  }
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.pathname))
}
