/** Which microphone, camera and speaker are used, on this device, from now on. */
import { useCallback, useEffect, useId, useState } from 'react'
import { useApp, useStore } from '../../app/context'
import { listDevices, type Devices } from './media'
import './devices.css'

interface Props {
  /** Told when another microphone or camera is to be used. */
  changed: (device: 'microphone' | 'camera') => void
}

export function DeviceChoice({ changed }: Props) {
  const { preferences, words } = useApp()
  const chosen = useStore(preferences, (all) => all)
  const devices = useDevices()
  const choose = (kind: 'microphone' | 'camera' | 'speaker', id: string) => {
    preferences.set((all) => ({ ...all, [kind]: id }))
    if (kind !== 'speaker') changed(kind)
  }
  return (
    <>
      <Select label={words.microphone} devices={devices?.microphones} chosen={chosen.microphone} choose={(id) => choose('microphone', id)} />
      <Select label={words.camera} devices={devices?.cameras} chosen={chosen.camera} choose={(id) => choose('camera', id)} />
      {'setSinkId' in HTMLMediaElement.prototype && <Select label={words.speaker} devices={devices?.speakers} chosen={chosen.speaker} choose={(id) => choose('speaker', id)} />}
    </>
  )
}

interface SelectProps {
  label: string
  devices: MediaDeviceInfo[] | undefined
  chosen: string
  choose: (id: string) => void
}

function Select({ label, devices = [], chosen, choose }: SelectProps) {
  const { words } = useApp()
  const id = useId()
  const known = devices.some(({ deviceId }) => deviceId === chosen)
  return (
    <div className="device-choice">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="field" value={known ? chosen : ''} onChange={({ target }) => choose(target.value)}>
        <option value="">{words.deviceDefault}</option>
        {devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || words.deviceNumber(index + 1)}
          </option>
        ))}
      </select>
    </div>
  )
}

/** Those that are plugged in now. */
function useDevices(): Devices | null {
  const [devices, setDevices] = useState<Devices | null>(null)
  const read = useCallback(() => void listDevices().then(setDevices), [])
  useEffect(() => {
    read()
    navigator.mediaDevices.addEventListener('devicechange', read)
    return () => navigator.mediaDevices.removeEventListener('devicechange', read)
  }, [read])
  return devices
}
