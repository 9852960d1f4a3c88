/** Sketches of what is being loaded, drawn only when loading takes long enough to be noticed. They do not move. */
import { useLate } from './hooks'

const sketch = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Rows with a circle and two lines: conversations, people, devices. */
export function ListSkeleton({ rows }: { rows: number }) {
  if (!useLate()) return null
  return (
    <div className="sketch-list" aria-hidden="true">
      {sketch(rows).map((row) => (
        <div key={row} className="sketch-row">
          <span className="sketch round" />
          <span className="sketch-lines">
            <span className={`sketch line w${row % 3}`} />
            <span className={`sketch line thin w${(row + 1) % 3}`} />
          </span>
        </div>
      ))}
    </div>
  )
}

/** Bubbles of both sides, at the bottom of the log. */
export function LogSkeleton() {
  if (!useLate()) return null
  return (
    <div className="sketch-log" aria-hidden="true">
      {sketch(6).map((row) => (
        <span key={row} className={`sketch bubble-sketch w${row % 3} ${row % 3 === 1 ? 'mine' : ''}`} />
      ))}
    </div>
  )
}
