/** Why the server said no, in the words of the reader's language. */
import type { Problem } from '../protocol'
import type { Words } from '../words/en'

export function reason({ status }: Problem, words: Words): string {
  if (status === 0 || status >= 500) return words.reasonUnreachable
  if (status === 404) return words.reasonNotFound
  return status === 400 || status === 413 || status === 422 ? words.reasonInvalid : words.reasonOther
}
