/** Who is in a conversation, and what its members may change. A change that fails throws Failure. */
import { dropConversation, putConversation, updateConversation, type AppStore } from '../../app/state'
import { Failure, type Http } from '../../http'
import type { Id, MemberBody, NewConversation, User } from '../../protocol'
import { withPeople } from '../people/people'
import { applyRead } from './conversation'

export class Membership {
  constructor(
    private readonly store: AppStore,
    private readonly http: Pick<Http, 'members' | 'conversation' | 'create' | 'retitle' | 'add' | 'remove'>,
  ) {}

  /** The members, former ones too; their names and read marks become known. */
  async members(conv: Id): Promise<MemberBody[]> {
    const members = await this.http.members(conv)
    this.store.set((state) => {
      const people = withPeople(state.people, members)
      const marks = members.filter(({ read }) => read !== undefined)
      const next = updateConversation(state, conv, (known) =>
        marks.reduce((sum, { id, read }) => applyRead(sum, id, read ?? 0, state.me.id), known),
      )
      return { ...next, people }
    })
    return members
  }

  /** The same for a view that shows what is known anyway. */
  async refresh(conv: Id): Promise<void> {
    try {
      await this.members(conv)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
    }
  }

  /** A new conversation, or the one that two people have already. Repeat with the same key. */
  async create(wanted: NewConversation, people: readonly User[], key: string): Promise<Id> {
    const body = await this.http.create(wanted, key)
    this.store.set((state) => putConversation({ ...state, people: withPeople(state.people, people) }, body))
    return body.conv
  }

  async rename(conv: Id, title: string, etag: string): Promise<void> {
    const body = await this.http.retitle(conv, title, etag)
    this.store.set((state) => putConversation(state, body))
  }

  /** The version to change, for `rename`. */
  async version(conv: Id): Promise<string> {
    const { body, etag } = await this.http.conversation(conv)
    this.store.set((state) => putConversation(state, body))
    return etag ?? ''
  }

  async add(conv: Id, user: Id): Promise<void> {
    const body = await this.http.add(conv, user)
    this.store.set((state) => putConversation(state, body))
  }

  async remove(conv: Id, user: Id): Promise<void> {
    await this.http.remove(conv, user)
    if (user === this.store.get().me.id) this.store.set((state) => dropConversation(state, conv))
  }
}
