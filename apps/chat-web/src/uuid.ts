/** UUIDs as the protocol wants them: version 7, so that they sort by time (RFC 9562). */

/** A new one; `now` in ms since 1970. */
export function uuidv7(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(10))): string {
  const bytes = new Uint8Array(16)
  for (let index = 0; index < 6; index++) bytes[index] = Math.floor(now / 2 ** (8 * (5 - index))) % 256
  bytes.set(random, 6)
  bytes[6] = 0x70 | ((random[0] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((random[2] ?? 0) & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
