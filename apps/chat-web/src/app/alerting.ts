/** Carries out what alerts.ts decides: notifications and the sound, at once or when a replay is over. */
import type { Preferences } from '../features/settings/preferences'
import { summary } from '../features/conversations/summary'
import { titleOf } from '../features/conversations/list'
import { nameOf } from '../features/people/people'
import type { Entry, Id } from '../protocol'
import type { Speech } from '../words/choose'
import { deservesAlert, playTone, Replayed, stillUnread } from './alerts'
import { go } from './routes'
import type { AppStore } from './state'
import type { Store } from './store'

export interface Means {
  page: Document
  preferences: Store<Preferences>
  speech: Store<Speech>
}

export class Alerting {
  private readonly replayed = new Replayed()

  constructor(
    private readonly store: AppStore,
    private readonly means: Means,
  ) {
    store.subscribe(() => this.synced && this.catchUp())
  }

  arrived(entry: Entry): void {
    if (this.synced) this.alert(entry)
    else this.replayed.put(entry)
  }

  private get synced(): boolean {
    const { connection } = this.store.get()
    return connection.phase === 'live' && connection.synced
  }

  private catchUp(): void {
    for (const entry of this.replayed.take()) if (stillUnread(entry, this.store.get().conversations.get(entry.conv))) this.alert(entry)
  }

  private alert(entry: Entry): void {
    const { me, shown } = this.store.get()
    const { page, preferences } = this.means
    if (!deservesAlert(entry, { me: me.id, looksAt: page.hidden ? null : shown })) return
    const { notifications, sound } = preferences.get()
    if (sound && page.hidden) playTone()
    if (notifications) this.notify(entry)
  }

  private notify(entry: Entry): void {
    const conversation = this.store.get().conversations.get(entry.conv)
    if (!conversation || !('Notification' in window) || Notification.permission !== 'granted') return
    const { me, people } = this.store.get()
    const naming = { me: me.id, name: (id: Id) => nameOf(people, id), words: this.means.speech.get().words }
    const body = summary(entry, conversation.kind === 'direct', naming)
    show(titleOf(conversation, people, me.id), body, entry.conv)
  }
}

function show(title: string, body: string, conv: Id): void {
  try {
    // One for each conversation: the newest message takes the place of the one before.
    const notification = new Notification(title, { body, tag: conv, icon: '/favicon.svg' })
    notification.onclick = () => {
      window.focus()
      go({ page: 'conversation', conv })
      notification.close()
    }
  } catch {
    // Some phones show notifications for installed applications only.
  }
}
