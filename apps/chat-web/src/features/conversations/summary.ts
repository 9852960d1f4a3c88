/** The last entry of a conversation in one line, for the list and for notifications. */
import type { CallEntry, Entry, Id, MemberEntry } from '../../protocol'
import { duration } from '../../app/dates'
import type { Words } from '../../words/en'

export interface Naming {
  me: Id
  name: (id: Id) => string
  words: Words
}

/** What a member or call entry says. */
export function noteText(entry: MemberEntry | CallEntry, naming: Naming): string {
  return entry.kind === 'member' ? memberText(entry, naming) : callText(entry, naming)
}

/** "Eve: welcome", "You: thanks", or the note; a direct conversation does not name the other person. */
export function summary(entry: Entry, direct: boolean, naming: Naming): string {
  if (entry.kind !== 'text') return noteText(entry, naming)
  const { me, name, words } = naming
  const text = entry.body.replace(/\s+/g, ' ').slice(0, 200)
  if (entry.from === me) return words.said(words.you, text)
  return direct ? text : words.said(name(entry.from), text)
}

function memberText({ from, meta }: MemberEntry, { me, name, words }: Naming): string {
  const who = (id: Id) => (id === me ? words.you : name(id))
  if (meta.change === 'left' || (meta.change === 'removed' && meta.user === from)) return words.left(who(meta.user))
  if (meta.change === 'removed') return words.removed(who(from), who(meta.user))
  return meta.user === from ? words.joined(who(from)) : words.added(who(from), who(meta.user))
}

/** Each reader's own outcome decides the words: missed for one is declined for another. */
function callText(entry: CallEntry, { me, words }: Naming): string {
  const { meta } = entry
  const video = meta.media === 'video'
  if (isMissed(entry, me)) return video ? words.missedVideo : words.missedAudio
  if (meta.reason === 'declined' || meta.members.some(({ user, st }) => user === me && st === 'declined')) return video ? words.declinedVideo : words.declinedAudio
  if (!meta.duration_ms) return video ? words.unansweredVideo : words.unansweredAudio
  return video ? words.videoCall(duration(meta.duration_ms)) : words.audioCall(duration(meta.duration_ms))
}

/** Whether I was called and did not answer; a call that was over before it was answered counts. */
export const isMissed = ({ meta }: CallEntry, me: Id): boolean =>
  meta.members.some(({ user, st }) => user === me && st !== 'joined' && st !== 'left' && st !== 'declined')
