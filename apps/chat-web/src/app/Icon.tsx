/** The few line drawings of the interface. They say nothing to a screen reader; their buttons have labels. */
const PATHS = {
  plus: 'M12 5v14M5 12h14',
  people: 'M16 20v-1.5a4 4 0 0 0-4-4H7a4 4 0 0 0-4 4V20M9.5 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M21 20v-1.5a4 4 0 0 0-3-3.9M16 4.2a3.5 3.5 0 0 1 0 6.600',
  send: 'm5 12 14-7-5 14-3-6z',
  back: 'm15 5-7 7 7 7',
  down: 'm5 9 7 7 7-7',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checks: 'm2 12.5 4.5 4.5L16 7.5M11.5 16.5 12 17l9.5-9.5',
  clock: 'M12 7.5V12l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17',
  chat: 'M4 5h16v11H9l-5 4z',
  search: 'm20 20-4.5-4.5M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13',
  missed: 'M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2M15 4l5 5M20 4l-5 5',
  phone: 'M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2',
  video: 'M3 7.5h11v9H3zM14 10.5l6-3v9l-6-3z',
  'video-off': 'M3 7.5h11v9H3zM14 10.5l6-3v9l-6-3zM3 4l18 17',
  mic: 'M12 3.5a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0V6A2.5 2.5 0 0 1 12 3.5M6.5 11a5.5 5.5 0 0 0 11 0M12 16.5V20',
  'mic-off': 'M12 3.5a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0V6A2.5 2.5 0 0 1 12 3.5M6.5 11a5.5 5.5 0 0 0 11 0M12 16.5V20M4 4l16 16',
  screen: 'M4 5h16v11H4zM9 20h6M12 13V8.5m-2 2 2-2 2 2',
  hangup: 'M3 14.5c0-6 18-6 18 0v1.200a1 1 0 0 1-1.200 1l-3.600-.7a1 1 0 0 1-.8-1v-2a13 13 0 0 0-6.800 0v2a1 1 0 0 1-.8 1l-3.600.7a1 1 0 0 1-1.200-1z',
  pip: 'M4 5h16v14H4zM12.5 12.5h5v4h-5z',
  fill: 'M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5',
  device: 'M4 5h16v11H4zM9 20h6M12 16v4',
  alert: 'M12 8v5M12 16.5h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18',
} as const

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className={`icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round">
      <path d={PATHS[name]} />
    </svg>
  )
}
