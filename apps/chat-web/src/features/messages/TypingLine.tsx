/** Who is typing right now. Its place is always there, so that the log does not move when it appears. */
import { useApp, useClientState } from '../../app/context'
import type { Conversation } from '../conversations/conversation'
import { useNames } from '../conversations/useNames'

export function TypingLine({ conversation: { conv } }: { conversation: Conversation }) {
  const { words } = useApp()
  const { name } = useNames()
  const typing = useClientState((state) => state.typing.get(conv))
  const [first, ...more] = [...(typing?.keys() ?? [])]
  const text = first === undefined ? '' : more.length ? words.areTyping(more.length + 1) : words.isTyping(name(first))
  return <p className="typing small muted">{text && <bdi>{text}</bdi>}</p>
}
