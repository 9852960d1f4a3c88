/** In the settings: shows the camera and how loud the microphone is, before a call depends on them. */
import { useEffect, useState } from 'react'
import { useApp } from '../../app/context'
import { Link } from '../../app/Link'
import { DeviceChoice } from './DeviceChoice'
import { listenTo } from './level'
import { LocalMedia, problemOf, type Opened } from './media'
import { sentence, type MediaProblem } from './permissions'
import { useStream } from './useStream'
import './test.css'

export function MediaTest() {
  const { words } = useApp()
  const { opened, problem, turn, renew } = useTest()
  return (
    <div className="media-test">
      {problem && (
        <p className="error" role="alert">
          {sentence(problem, words)}
        </p>
      )}
      {opened && (
        <>
          <Picture stream={opened.local.view} on={!!opened.local.camera} />
          <Level track={opened.local.microphone} />
          <DeviceChoice changed={renew} />
        </>
      )}
      <div className="media-test-actions">
        <button className="btn" onClick={turn}>
          {opened ? words.stopTest : words.testDevices}
        </button>
        <Link to={{ page: 'doctor' }}>{words.checkConnection}</Link>
      </div>
    </div>
  )
}

function Picture({ stream, on }: { stream: MediaStream; on: boolean }) {
  const { words } = useApp()
  const video = useStream(stream)
  return <video className="media-test-picture" ref={video} autoPlay playsInline muted hidden={!on} aria-label={words.camera} />
}

function Level({ track }: { track: MediaStreamTrack }) {
  const { words } = useApp()
  const [level, setLevel] = useState(0)
  useEffect(() => listenTo(track, setLevel), [track])
  return (
    <>
      <p className="small muted">{words.testHint}</p>
      <meter className="media-test-level" aria-label={words.level} min={0} max={1} value={level} />
    </>
  )
}

interface Test {
  opened: Opened | null
  problem: MediaProblem | null
  turn: () => void
  renew: (device: 'microphone' | 'camera') => void
}

/** Opens both devices when it is turned on, and closes them when it is turned off or left. */
function useTest(): Test {
  const { preferences } = useApp()
  const [opened, setOpened] = useState<Opened | null>(null)
  const [problem, setProblem] = useState<MediaProblem | null>(null)
  useEffect(() => () => opened?.local.close(), [opened?.local])
  const fail = (error: unknown) => setProblem(problemOf(error))
  const redraw = () => setOpened((now) => now && { ...now })
  const open = async () => {
    const next = await LocalMedia.open(true, () => preferences.get(), redraw)
    setOpened(next)
    await next.picture
  }
  const turn = () => {
    setProblem(null)
    if (opened) setOpened(null)
    else open().catch(fail)
  }
  const renew = (device: 'microphone' | 'camera') => void opened?.local.renew(device).catch(fail)
  return { opened, problem, turn, renew }
}
