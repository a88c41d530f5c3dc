/** Control characters, halves of a character, and what turns the direction of writing around or cannot be seen. */
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu

/**
 * Text for a terminal: what could move its cursor, change its colours or hide something is shown as JSON escapes it. Logs and
 * spans quote what strangers sent.
 */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
