import fc from 'fast-check'

const codePoint = fc.oneof(
  // Latin letters with and without accents, digits, punctuation, control characters.
  fc.integer({ min: 0, max: 0x24f }),
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
)

/** Well-formed text of any characters. fast-check's own unit `binary` takes a second to list them all first. */
export const anyText = ({ maxLength }: { maxLength: number }): fc.Arbitrary<string> =>
  fc.string({ unit: codePoint.map((point) => String.fromCodePoint(point)), maxLength })
