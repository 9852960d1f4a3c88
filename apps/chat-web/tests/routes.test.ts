/** Pages and their addresses, and a way back that leaves no double entry. */
// @vitest-environment jsdom
import { beforeEach, expect, test } from 'vitest'
import { go, goBack, pathTo, routeOf, type Route } from '../src/app/routes'
import { CONV } from './support/samples'

beforeEach(() => history.replaceState(null, '', '/chat'))

const ROUTES: Route[] = [{ page: 'list' }, { page: 'new' }, { page: 'people' }, { page: 'settings' }, { page: 'doctor' }, { page: 'conversation', conv: CONV }]

test.each(ROUTES)('the address of $page leads to it', (route) => {
  expect(routeOf(pathTo(route))).toEqual(route)
  expect(routeOf(`${pathTo(route)}/`)).toEqual(route)
})

test.each(['/chat/unknown', '/chat/NEW', `/chat/${CONV}/x`, '/chat/00000000', '/'])('what is unknown is the list: %s', (path) => {
  expect(routeOf(path)).toEqual({ page: 'list' })
})

test('going somewhere adds an entry, going where one is does not', () => {
  const before = history.length
  go({ page: 'people' })
  go({ page: 'people' })
  expect([location.pathname, history.length]).toEqual(['/chat/people', before + 1])
})

test('back to the list is one step back where one came from there', async () => {
  go({ page: 'people' })
  const length = history.length
  const popped = new Promise((resolve) => window.addEventListener('popstate', resolve, { once: true }))
  goBack()
  await popped
  expect([location.pathname, history.length]).toEqual(['/chat', length])
})

test('back to the list from an address that was opened directly replaces it', () => {
  history.replaceState(null, '', pathTo({ page: 'conversation', conv: CONV }))
  const before = history.length
  goBack()
  expect([location.pathname, history.length]).toEqual(['/chat', before])
})
