/** Members of a conversation: what is read becomes known, and what is changed is changed on screen. */
import { expect, test } from 'vitest'
import { Membership } from '../src/features/conversations/membership'
import { Failure } from '../src/http'
import type { MemberBody } from '../src/protocol'
import { bob, BOB, body, CONV, eve, EVE, known, ME, me, OTHER, storeWith } from './support/samples'
import { problem } from './support/server'

const group = (title: string) => body({ kind: 'group', title, members: [ME, BOB] })

function parts(changes: Partial<ConstructorParameters<typeof Membership>[1]> = {}) {
  const store = storeWith([group('Team')])
  const asked: unknown[] = []
  const answer = <T>(value: T) => (...values: unknown[]) => (asked.push(values), Promise.resolve(value))
  const http = {
    members: answer<MemberBody[]>([
      { ...me, role: 'owner', left: false, read: 3 },
      { ...eve, role: 'member', left: false, read: 2 },
      { ...bob, role: 'member', left: true },
    ]),
    conversation: answer({ body: group('Renamed'), etag: '"2"', next: null }),
    create: answer(body({ conv: OTHER, members: [ME, EVE] })),
    retitle: answer(group('Mine')),
    add: answer(body({ kind: 'group', title: 'Team', members: [ME, BOB, EVE] })),
    remove: answer({ body: undefined, etag: null, next: null }),
    ...changes,
  }
  return { store, asked, membership: new Membership(store, http) }
}

test('reading the members makes names and read marks known, where a mark is told', async () => {
  const { store, membership } = parts()
  await membership.members(CONV)
  expect(known(store)).toMatchObject({ read: 3, reads: { [EVE]: 2 } })
  expect(known(store).reads).not.toHaveProperty(BOB)
  expect(store.get().people.get(BOB)).toMatchObject(bob)
})

test('a refresh that fails leaves what is known, and a mistake of ours is not swallowed', async () => {
  const failing = (error: Error) => parts({ members: () => Promise.reject(error) }).membership.refresh(CONV)
  await expect(failing(new Failure(problem(503, 'unavailable')))).resolves.toBeUndefined()
  await expect(failing(new TypeError('ours'))).rejects.toThrow('ours')
})

test('a new conversation is in the list with the names of its people', async () => {
  const { store, asked, membership } = parts()
  const wanted = { kind: 'direct', members: [EVE] } as const
  expect(await membership.create({ kind: 'direct', members: [EVE] }, [eve], 'key-1')).toBe(OTHER)
  expect(asked).toEqual([[wanted, 'key-1']])
  expect([known(store, OTHER).members, store.get().people.get(EVE)]).toEqual([[ME, EVE], eve])
})

test('a title is changed with the version that was read', async () => {
  const { store, asked, membership } = parts()
  const version = await membership.version(CONV)
  expect(known(store).title).toBe('Renamed')
  await membership.rename(CONV, 'Mine', version)
  expect([asked.at(-1), known(store).title]).toEqual([[CONV, 'Mine', '"2"'], 'Mine'])
})

test('who leaves does not see the conversation any more; who removes somebody still does', async () => {
  const { store, membership } = parts()
  await membership.add(CONV, EVE)
  expect(known(store).members).toEqual([ME, BOB, EVE])
  await membership.remove(CONV, BOB)
  expect(store.get().conversations.has(CONV)).toBe(true)
  await membership.remove(CONV, ME)
  expect(store.get().conversations.has(CONV)).toBe(false)
})
