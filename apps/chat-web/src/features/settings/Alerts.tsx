/** Notifications and sound: off until they are asked for. */
import { useState } from 'react'
import { useApp, useStore } from '../../app/context'

export function Alerts() {
  const { preferences, words } = useApp()
  const { notifications, sound } = useStore(preferences, (all) => all)
  const [denied, setDenied] = useState(() => notifications && permission() === 'denied')
  const notify = async (wanted: boolean) => {
    const allowed = wanted && (await ask())
    setDenied(wanted && !allowed)
    preferences.set((all) => ({ ...all, notifications: allowed }))
  }
  return (
    <div className="switches">
      <Switch label={words.notifications} on={notifications && permission() === 'granted'} turn={(on) => void notify(on)} />
      {denied && (
        <p className="small bad" role="alert">
          {words.notificationsDenied}
        </p>
      )}
      <Switch label={words.sound} on={sound} turn={(on) => preferences.set((all) => ({ ...all, sound: on }))} />
    </div>
  )
}

const permission = (): NotificationPermission => ('Notification' in window ? Notification.permission : 'denied')

async function ask(): Promise<boolean> {
  return 'Notification' in window && (await Notification.requestPermission()) === 'granted'
}

function Switch({ label, on, turn }: { label: string; on: boolean; turn: (on: boolean) => void }) {
  return (
    <label className="switch">
      <span>{label}</span>
      <input type="checkbox" role="switch" checked={on} onChange={({ target }) => turn(target.checked)} />
    </label>
  )
}
