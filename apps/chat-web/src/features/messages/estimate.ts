/** How high a row probably is before it was drawn: close enough that the scroll bar does not jump much. */
import type { Row } from './rows'

const CHARS_IN_LINE = 48
const LINE_PX = 22

export function estimatedHeight(row: Row | undefined): number {
  if (!row) return LINE_PX
  const extras = (row.newDay ? 52 : 0) + (row.firstUnread ? 40 : 0)
  if (row.kind === 'note') return extras + (row.entry.kind === 'call' ? 68 : 42)
  const lines = row.body.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / CHARS_IN_LINE)), 0)
  return extras + lines * LINE_PX + (row.first ? 30 : 22)
}
