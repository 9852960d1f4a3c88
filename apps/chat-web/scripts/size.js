/** Fails when the chat page's first load, that is its entry and what it imports statically, is over the budget. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 120_000
const ENTRY = 'src/main.tsx'

/** @type {unknown} */
const parsed = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'))
const manifest = /** @type {Record<string, { file: string, imports?: string[] }>} */ (parsed)

/** @param {string} name @param {Set<string>} seen @returns {Set<string>} */
function chunks(name, seen = new Set()) {
  if (seen.has(name)) return seen
  seen.add(name)
  for (const imported of manifest[name]?.imports ?? []) chunks(imported, seen)
  return seen
}

const sizes = [...chunks(ENTRY)].map((name) => gzipSync(readFileSync(`dist/${manifest[name]?.file ?? ''}`)).length)
const total = sizes.reduce((sum, size) => sum + size, 0)
console.log(`first load: ${(total / 1000).toFixed(1)} kB of compressed script in ${sizes.length} files (budget ${BUDGET / 1000} kB)`)
process.exit(total > BUDGET ? 1 : 0)
