/** Where this account is signed in, and how to end that for one of them. */
import { useApp } from '../../app/context'
import { shortWhen } from '../../app/dates'
import { Failed } from '../../app/Failed'
import { useNow } from '../../app/hooks'
import { Icon } from '../../app/Icon'
import { useAction, useLoaded } from '../../app/loaded'
import { reason } from '../../app/reasons'
import { ListSkeleton } from '../../app/Skeleton'
import type { Device } from '../../protocol'

export function Devices() {
  const { client, words } = useApp()
  const [devices, reload] = useLoaded(client.http.devices)
  const { busy, problem, run } = useAction()
  if (devices.state === 'loading') return <ListSkeleton rows={2} />
  if (devices.state === 'failed') return <Failed text={words.devicesFailed} action={words.retry} retry={reload} />
  const signOut = (device: Device) =>
    void run(async () => {
      await client.http.revoke(device.id)
      reload()
    })
  const ordered = [...devices.value].sort((a, b) => Number(b.current) - Number(a.current) || b.seen_at.localeCompare(a.seen_at))
  return (
    <>
      <ul className="plain-list">
        {ordered.map((device) => (
          <DeviceRow key={device.id} device={device} busy={busy} signOut={() => signOut(device)} />
        ))}
      </ul>
      {problem && (
        <p className="error" role="alert">
          {words.saveFailed} ({reason(problem, words)})
        </p>
      )}
    </>
  )
}

function DeviceRow({ device, busy, signOut }: { device: Device; busy: boolean; signOut: () => void }) {
  const { language, words } = useApp()
  const now = useNow(60_000)
  return (
    <li className="member">
      <span className="avatar large plain" aria-hidden="true">
        <Icon name="device" />
      </span>
      <span className="row-text">
        <bdi className="person-name">{device.name}</bdi>
        <span className="small muted">{device.current ? words.thisDevice : words.seen(shortWhen(language, Date.parse(device.seen_at), now))}</span>
      </span>
      {!device.current && (
        <button className="quiet bad" disabled={busy} onClick={signOut} aria-label={words.signOutDeviceNamed(device.name)}>
          {words.signOutDevice}
        </button>
      )}
    </li>
  )
}
