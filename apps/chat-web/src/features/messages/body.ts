/** A text as the server takes it. */

// Everything but newline, tab and what can be seen; pasted texts bring such characters along.
const REFUSED = /[^\n\t\x20-\x7e\xa0-\ud7ff\ue000-\u{10ffff}]/gu

/** With plain line ends, without control characters, without space around it. */
export const clean = (text: string): string => text.replace(/\r\n?/gu, '\n').replace(REFUSED, '').trim()
