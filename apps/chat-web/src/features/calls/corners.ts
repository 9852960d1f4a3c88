/** Where the own picture stands: one of four corners. */

export type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right'

/** The corner nearest to a point of the stage. */
export const cornerAt = (x: number, y: number, width: number, height: number): Corner => `${y < height / 2 ? 'top' : 'bottom'}-${x < width / 2 ? 'left' : 'right'}`

/** The corner after an arrow key; null for other keys. */
export function cornerAfter(corner: Corner, key: string): Corner | null {
  const [row, column] = corner.split('-') as ['top' | 'bottom', 'left' | 'right']
  switch (key) {
    case 'ArrowLeft':
      return `${row}-left`
    case 'ArrowRight':
      return `${row}-right`
    case 'ArrowUp':
      return `top-${column}`
    case 'ArrowDown':
      return `bottom-${column}`
    default:
      return null
  }
}
