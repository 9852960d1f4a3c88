/** Order, search and titles of the conversation list. Next: ConversationList.tsx draws it. */
import type { Id } from '../../protocol'
import type { People } from '../people/people'
import { nameOf } from '../people/people'
import { partner, unread, type Conversation } from './conversation'

export const MAX_CURSORS = 500

type Conversations = ReadonlyMap<Id, Conversation>

// Ids are time-sortable, so a conversation without entries stands where its creation puts it.
const freshness = ({ last, conv }: Conversation): number => (last ? Date.parse(last.at) : parseInt(conv.replace('-', '').slice(0, 12), 16))

/** All conversations, newest first. */
export function newestFirst(conversations: Conversations): Conversation[] {
  const ordered = [...conversations.values()].map((conversation) => ({ conversation, at: freshness(conversation) }))
  return ordered.sort((a, b) => b.at - a.at).map(({ conversation }) => conversation)
}

/** What a conversation is called: its title, else the other person, else everybody. */
export function titleOf(conversation: Conversation, people: People, me: Id): string {
  if (conversation.title) return conversation.title
  const other = partner(conversation, me)
  if (other) return nameOf(people, other)
  const names = conversation.members.filter((member) => member !== me).map((member) => nameOf(people, member))
  return names.join(', ')
}

/** Those whose title contains every typed word, whatever the case. */
export function search(list: Conversation[], typed: string, title: (conversation: Conversation) => string): Conversation[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  return list.filter((one) => words.every((word) => title(one).toLocaleLowerCase().includes(word)))
}

/** The number for the window's title. */
export const unreadTotal = (conversations: Conversations): number =>
  [...conversations.values()].reduce((sum, conversation) => sum + unread(conversation), 0)

/** The selected row after a key; null where the key means nothing for the list. */
export function moved(key: string, index: number, count: number): number | null {
  const steps: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: count - 1 }
  const wanted = steps[key]
  return wanted === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, wanted))
}
