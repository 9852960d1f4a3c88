/** One of the others: their picture, or their face while there is none, with their name and what they do. */
import { useApp } from '../../app/context'
import { Icon } from '../../app/Icon'
import { useNames } from '../conversations/useNames'
import { Avatar } from '../people/Avatar'
import type { PeerView } from './desk'
import { useStream } from './useStream'

export function Tile({ peer }: { peer: PeerView }) {
  const { words } = useApp()
  const { name } = useNames()
  const video = useStream(peer.stream)
  const who = name(peer.user)
  const { sends } = peer
  const picture = showsPicture(peer)
  const muted = sends?.audio === false
  return (
    <figure className={`call-tile ${peer.speaking && !muted ? 'speaking' : ''} ${sends?.screen ? 'screen' : ''}`}>
      <video ref={video} autoPlay playsInline hidden={!picture} aria-label={who} data-user={peer.user} />
      {!picture && <Avatar id={peer.user} name={who} />}
      {peer.link !== 'connected' && (
        <p className="call-link" aria-live="polite">
          {peer.link === 'connecting' ? words.connectingCall : words.reconnectingCall}
        </p>
      )}
      <figcaption className="call-name">
        <Icon name={muted ? 'mic-off' : sends?.screen ? 'screen' : 'mic'} />
        <bdi>{who}</bdi>
        <span className="sr">{muted ? words.isMuted(who) : sends?.screen ? words.isSharing(who) : peer.speaking ? words.isSpeaking(who) : ''}</span>
      </figcaption>
    </figure>
  )
}

/** Who does not say what is sent shows what arrives. */
function showsPicture({ sends, stream, link }: PeerView): boolean {
  if (link === 'connecting') return false
  return sends ? sends.video || sends.screen : (stream?.getVideoTracks().some((track) => !track.muted) ?? false)
}
