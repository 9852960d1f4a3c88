/** Whether somebody is there: active while the page is visible and used, idle after five minutes or when hidden. */

export const IDLE_MS = 5 * 60_000
const CHECK_MS = 10_000
const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

export const activityOf = (hidden: boolean, lastInput: number, now: number): 'active' | 'idle' =>
  hidden || now - lastInput >= IDLE_MS ? 'idle' : 'active'

/** Calls `tell` with the first state and at each change; the result repeats the present one. */
export function watchActivity(page: Document, tell: (status: 'active' | 'idle') => void): () => void {
  let lastInput = performance.now()
  let told: string | null = null
  const check = () => {
    const status = activityOf(page.hidden, lastInput, performance.now())
    if (status === told) return
    told = status
    tell(status)
  }
  const used = () => {
    lastInput = performance.now()
    check()
  }
  for (const input of INPUTS) page.addEventListener(input, used, { passive: true })
  page.addEventListener('visibilitychange', () => (page.hidden ? check() : used()))
  setInterval(check, CHECK_MS)
  return () => {
    told = null
    check()
  }
}
