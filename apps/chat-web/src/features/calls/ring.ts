/** What a call sounds like, made here so that nothing has to be loaded, and its notification while the page is hidden. */
import type { Id } from '../../protocol'

/** Tones in Hz with their beginning and length in s, and after how many seconds they repeat. */
interface Pattern {
  tones: readonly [hertz: number, from: number, seconds: number][]
  every: number
  volume: number
}

const PATTERNS = {
  /** Here somebody calls: two rising tones, twice. */
  ring: {
    tones: [
      [523, 0, 0.22],
      [659, 0.2, 0.34],
      [523, 0.7, 0.22],
      [659, 0.9, 0.34],
    ],
    every: 3,
    volume: 0.12,
  },
  /** It rings there: one low, quiet tone. */
  ringback: { tones: [[425, 0, 1]], every: 4, volume: 0.05 },
} satisfies Record<string, Pattern>

/** Sounds until the result is called. */
export function sound(kind: keyof typeof PATTERNS): () => void {
  let silence: () => void = () => undefined
  // To open the device takes as long as to paint a card, which is not to wait for it.
  const soon = setTimeout(() => (silence = play(PATTERNS[kind])))
  return () => {
    clearTimeout(soon)
    silence()
  }
}

function play({ tones, every, volume }: Pattern): () => void {
  const audio = new AudioContext()
  const once = () => tones.forEach((tone) => beep(audio, tone, volume))
  // Before anything was pressed on the page a browser keeps it silent; the notification and the title tell then.
  audio.resume().catch(unlessClosed)
  once()
  const timer = setInterval(once, every * 1000)
  return () => {
    clearInterval(timer)
    void audio.close()
  }
}

/** Over before it could be heard. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof DOMException)) throw error
}

function beep(audio: AudioContext, [hertz, from, seconds]: Pattern['tones'][number], volume: number): void {
  const begin = audio.currentTime + from
  const tone = audio.createOscillator()
  const gain = audio.createGain()
  tone.frequency.value = hertz
  gain.gain.setValueAtTime(0, begin)
  gain.gain.linearRampToValueAtTime(volume, begin + 0.02)
  gain.gain.setValueAtTime(volume, begin + seconds - 0.08)
  gain.gain.linearRampToValueAtTime(0, begin + seconds)
  tone.connect(gain).connect(audio.destination)
  tone.start(begin)
  tone.stop(begin + seconds)
}

/** A notification that stays until the result is called; none where they are not allowed. */
export function notifyOf(call: Id, title: string, body: string, open: () => void): () => void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return () => undefined
  try {
    const notification = new Notification(title, { body, tag: call, icon: '/favicon.svg', requireInteraction: true })
    notification.onclick = () => {
      window.focus()
      open()
    }
    return () => notification.close()
  } catch (error) {
    // Some phones show notifications for installed applications only.
    if (!(error instanceof TypeError)) throw error
    return () => undefined
  }
}
