/** What a refused or missing microphone or camera means, and which sentence helps. Names are those of Media Capture and Streams. */
import type { Words } from '../../words/en'

export type Device = 'microphone' | 'camera' | 'screen'
export type Trouble = 'refused' | 'missing' | 'busy' | 'insecure' | 'other'

export interface MediaProblem {
  device: Device
  trouble: Trouble
}

const TROUBLES: Partial<Record<string, Trouble>> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

/** What an error of getUserMedia or getDisplayMedia means. */
export const troubleOf = (error: unknown): Trouble => (error instanceof Error ? (TROUBLES[error.name] ?? 'other') : 'other')

/** What happened and what to do about it. */
export function sentence({ device, trouble }: MediaProblem, words: Words): string {
  if (trouble === 'insecure') return words.mediaInsecure
  if (device === 'screen') return words.screenFailed
  const texts = device === 'camera' ? CAMERA : MICROPHONE
  return words[texts[trouble]]
}

const CAMERA = { refused: 'cameraRefused', missing: 'cameraMissing', busy: 'cameraBusy', other: 'cameraFailed' } as const
const MICROPHONE = { refused: 'microphoneRefused', missing: 'microphoneMissing', busy: 'microphoneBusy', other: 'microphoneFailed' } as const
