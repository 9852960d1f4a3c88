/** Links in a text: http and https only, without the punctuation that ends the sentence around them. */

export type Piece = { text: string; href?: string }

const LINK = /\bhttps?:\/\/[^\s<>"]+/giu
const TRAILING = /[.,;:!?'"»«”“’‘…]+$/u

/** The text cut into plain pieces and links; joined, they are the text again. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let from = 0
  for (const match of text.matchAll(LINK)) {
    const link = trimmed(match[0])
    if (!URL.canParse(link)) continue
    if (match.index > from) found.push({ text: text.slice(from, match.index) })
    found.push({ text: link, href: link })
    from = match.index + link.length
  }
  if (from < text.length) found.push({ text: text.slice(from) })
  return found
}

/** Without closing punctuation and without a closing bracket that was opened before the link. */
function trimmed(link: string): string {
  const bare = link.replace(TRAILING, '')
  const unopened = bare.endsWith(')') && bare.split(')').length > bare.split('(').length
  return unopened ? trimmed(bare.slice(0, -1)) : bare
}
