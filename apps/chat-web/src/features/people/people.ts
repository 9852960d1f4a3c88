/** The people one may write to, their names, initials and presence. Next: People.tsx and the avatars. */
import type { Id, Status, User } from '../../protocol'

export type People = ReadonlyMap<Id, User>
export type Presence = ReadonlyMap<Id, Status>

export const WATCH_LIMIT = 200

export const withPeople = (people: People, more: readonly User[]): People => new Map([...people, ...more.map((one) => [one.id, one] as const)])

/** A person's name, their address while they have none, and an ellipsis while they are unknown. */
export function nameOf(people: People, id: Id): string {
  const person = people.get(id)
  return person ? person.name || person.email : '…'
}

/** Two letters for an avatar: of the first and the last word, else the first two of the only one. */
export function initials(name: string): string {
  const words = name.replace(/@.*$/u, '').split(/[\s._-]+/u).filter(Boolean)
  const letters = words.length > 1 ? [first(words[0]), first(words.at(-1))] : Array.from(words[0] ?? '?').slice(0, 2)
  return letters.join('').toLocaleUpperCase()
}

const first = (word = ''): string => Array.from(word)[0] ?? ''

/** A hue for an avatar, always the same for one id. */
export function hueOf(id: Id): number {
  let hash = 0
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) % 3600
  return hash % 360
}

export const withPresence = (presence: Presence, statuses: readonly { user: Id; status: Status }[]): Presence =>
  new Map([...presence, ...statuses.map(({ user, status }) => [user, status] as const)])

/** Whom to watch of all who are on screen: at most as many as the server allows, each once. */
export const watched = (onScreen: Iterable<Id>, me: Id, limit = WATCH_LIMIT): Id[] => [...new Set(onScreen)].filter((id) => id !== me).slice(0, limit).sort()

/** By name, those that contain every typed word in name or address. */
export function searchPeople(people: Iterable<User>, typed: string): User[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  const text = ({ name, email }: User) => `${name} ${email}`.toLocaleLowerCase()
  return [...people].filter((one) => words.every((word) => text(one).includes(word))).sort((a, b) => (a.name || a.email).localeCompare(b.name || b.email))
}
