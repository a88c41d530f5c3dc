/** Letters that Unicode does not decompose into a base letter and a mark. */
const plainLetters: Record<string, string> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ı: 'i',
  ŋ: 'n',
  ə: 'e',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  // A final sigma: while the word is still being typed, it ends with the other sigma.
  ς: 'σ',
}

const plainLetterPattern = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'gu')
/** Characters ignored inside words: all apostrophes and invisible characters. */
const ignored = /['`´‘’ʻʼ′]|\p{Cf}/gu
/** Marks left by decomposition; the apostrophe belongs to ŉ. */
const marks = /[\p{M}ʼ]/gu

/**
 * The form in which texts are compared: lower-case words of letters and digits, without accents and punctuation, separated by single
 * spaces. `Łódź` becomes `lodz`; a text without letters and digits becomes ''.
 */
export function fold(text: string): string {
  return text
    .replace(ignored, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(marks, '')
    .replace(plainLetterPattern, (letter) => plainLetters[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** The words of a folded text. */
export function foldedWords(text: string): string[] {
  const folded = fold(text)
  return folded === '' ? [] : folded.split(' ')
}
