import type { IncomingMessage } from 'node:http'
import accepts from 'accepts'
import { LRUCache } from 'lru-cache'

/**
 * The languages in which dates and money are written. The list is short and fixed, because the language is part of a page's cache key.
 * English uses the day before the month and the 24-hour clock, for all its countries.
 */
const languages = [
  'en-GB',
  'cs',
  'da',
  'de',
  'es',
  'fi',
  'fr',
  'hu',
  'is',
  'it',
  'ja',
  'nb',
  'nl',
  'pl',
  'pt',
  'sv',
  'tr',
] as const

export type Language = (typeof languages)[number]

/** The codes that browsers ask for: `de-AT` counts as `de`. */
const wanted = languages.map((language) => language.slice(0, 2))

/** Clients send few different headers; a longer one is not parsed. */
const maxHeaderLength = 256
const known = new LRUCache<string, Language>({ max: 500 })

/** The language for dates and money that the reader prefers; English if none matches. */
export function languageOf(req: IncomingMessage): Language {
  const header = req.headers['accept-language']
  if (header === undefined || header.length > maxHeaderLength) return 'en-GB'
  const remembered = known.get(header)
  if (remembered !== undefined) return remembered
  const [best = 'en'] = accepts(req)
    .languages()
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .filter((tag) => wanted.includes(tag))
  const language = languages[wanted.indexOf(best)] ?? 'en-GB'
  known.set(header, language)
  return language
}
