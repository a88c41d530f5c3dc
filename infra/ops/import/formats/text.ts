/**
 * Text as a catalogue may hold it: no control characters, no broken surrogates, runs of blanks as one, at most
 * `maxLength` UTF-16 units. `null` when nothing is left or it was no text.
 */
export function cleanText(value: unknown, maxLength: number): string | null {
  if (typeof value !== 'string') return null
  const clean = value
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return cut(clean, maxLength) || null
}

/** As `cleanText`, but paragraphs stay paragraphs. */
export function cleanParagraphs(values: readonly unknown[], maxLength: number): string | null {
  const paragraphs = values
    .flatMap((value) => (typeof value === 'string' ? value.split(/\r\n|\r|\n/) : []))
    .map((line) => cleanText(line, maxLength))
    .filter((line) => line !== null)
  return cut(paragraphs.join('\n'), maxLength) || null
}

/** Does not leave half of a surrogate pair at the end. */
function cut(value: string, maxLength: number): string {
  if (value.length <= maxLength) return value
  return value
    .slice(0, maxLength)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()
}
