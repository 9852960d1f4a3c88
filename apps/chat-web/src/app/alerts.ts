/** Which new messages alert, and how: the number in the title, a notification, a sound. Only what was switched on. */
import type { Conversation } from '../features/conversations/conversation'
import type { Entry, Id } from '../protocol'

export interface Attention {
  me: Id
  /** The conversation on screen; null if none is or the page is hidden. */
  looksAt: Id | null
}

export const deservesAlert = (entry: Entry, { me, looksAt }: Attention): boolean =>
  entry.kind === 'text' && entry.from !== me && entry.conv !== looksAt

/** What was replayed is told when the replay is over: the newest entry of each conversation. */
export class Replayed {
  private readonly newest = new Map<Id, Entry>()

  put(entry: Entry): void {
    this.newest.set(entry.conv, entry)
  }

  take(): Entry[] {
    const entries = [...this.newest.values()]
    this.newest.clear()
    return entries
  }
}

export const windowTitle = (unread: number, name = 'Parley'): string => (unread ? `(${unread > 99 ? '99+' : unread}) ${name}` : name)

/** Read in the meantime, or still new? */
export const stillUnread = (entry: Entry, known: Conversation | undefined): boolean => !!known && known.read < entry.seq

/** A short soft tone, made here so that nothing has to be loaded. */
export function playTone(): void {
  const audio = new AudioContext()
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  tone.frequency.value = 660
  volume.gain.setValueAtTime(0.08, audio.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.25)
  tone.connect(volume).connect(audio.destination)
  tone.start()
  tone.stop(audio.currentTime + 0.25)
  tone.onended = () => void audio.close()
}
