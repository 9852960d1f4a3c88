/** What one can do during a call: microphone, camera, screen, devices, picture in picture, and the end. */
import { useState, type RefObject } from 'react'
import { useApp } from '../../app/context'
import { Icon } from '../../app/Icon'
import type { Calling } from './calling'
import { DeviceChoice } from './DeviceChoice'
import type { Mine } from './desk'

interface Props {
  mine: Mine
  calling: Calling
  stage: RefObject<HTMLDivElement | null>
}

export function Controls({ mine: { own }, calling, stage }: Props) {
  const { words } = useApp()
  const [choosing, setChoosing] = useState(false)
  const shares = 'getDisplayMedia' in (navigator.mediaDevices as MediaDevices | undefined ?? {})
  return (
    <div className="call-controls" role="toolbar" aria-label={words.callControls}>
      <Control icon={own?.microphone === false ? 'mic-off' : 'mic'} off={own?.microphone === false} label={own?.microphone === false ? words.unmute : words.mute} act={() => calling.mute(own?.microphone === true)} disabled={!own} />
      <Control icon={own?.camera ? 'video' : 'video-off'} off={!!own && !own.camera} label={own?.camera ? words.cameraOff : words.cameraOn} act={() => void calling.turnCamera(!own?.camera)} disabled={!own} />
      {shares && <Control icon="screen" off={!!own?.screen} label={own?.screen ? words.stopSharing : words.shareScreen} act={() => void calling.share(!own?.screen)} disabled={!own} />}
      {document.pictureInPictureEnabled && <Control icon="pip" label={words.pictureInPicture} act={() => void floatPicture(stage.current)} disabled={!own} small />}
      <Control icon="more" label={words.chooseDevices} act={() => setChoosing(!choosing)} disabled={!own} expanded={choosing} />
      <button className="call-control end" onClick={() => calling.hangUp()} aria-label={words.hangUp} title={words.hangUp}>
        <Icon name="hangup" />
      </button>
      {choosing && (
        <div className="call-devices" role="group" aria-label={words.chooseDevices}>
          <DeviceChoice changed={(device) => void calling.renew(device)} />
        </div>
      )}
    </div>
  )
}

interface ControlProps {
  icon: Parameters<typeof Icon>[0]['name']
  label: string
  act: () => void
  disabled: boolean
  /** Drawn the other way round: what it stands for is off, or goes on unusually. */
  off?: boolean
  expanded?: boolean
  /** Left out where there is little room. */
  small?: boolean
}

function Control({ icon, label, act, disabled, off, expanded, small }: ControlProps) {
  return (
    <button className={`call-control ${off ? 'off' : ''} ${small ? 'spare' : ''}`} onClick={act} disabled={disabled} aria-label={label} title={label} aria-expanded={expanded}>
      <Icon name={icon} />
    </button>
  )
}

/** The first picture of the others leaves the window, or comes back. */
async function floatPicture(stage: HTMLElement | null): Promise<void> {
  const video = stage?.querySelector<HTMLVideoElement>('.call-tile video:not([hidden])')
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture()
    else await video?.requestPictureInPicture()
  } catch (error) {
    // Without a frame there is nothing to show yet.
    if (!(error instanceof DOMException)) throw error
  }
}
