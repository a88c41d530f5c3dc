import type { RequestOf } from '#shared/contracts/contract.ts'
import type { searchEvents } from '#shared/contracts/search.ts'
import { randomNumbers } from '../../random-numbers.ts'
import { withDatabase } from '../../with-database.ts'

/** Of all prices of the made-up catalogue. */
const currency = 'EUR'

export type SearchRequest = RequestOf<typeof searchEvents>

/** What a question is made of. */
interface Choice extends Words {
  one<T>(from: readonly T[]): T
  /** A word of any frequency. */
  any(): string
  mistyped(word: string): string
  readonly place: { readonly lat: number; readonly lng: number }
  readonly dates: { readonly start: string; readonly end: string }
  upTo(limit: number): number
}

/**
 * What people ask for, and how many of a hundred searches are of that kind. The shares are our guess: most people type a name, many of
 * them its first letters or with an error, and add a city or dates; few browse by frequent words, places on a map and prices; hardly
 * anybody counts by city and type or leafs to page 10. The report shows each kind by itself, also the rare ones.
 */
const questions = {
  'performer by name': [15, ({ one, performers }) => ({ keyword: one(performers) })],
  'beginning of a word': [12, ({ any }) => ({ keyword: any().slice(0, 3) })],
  'rare word': [9, ({ one, rare }) => ({ keyword: one(rare) })],
  'word of the middle': [9, ({ one, middle }) => ({ keyword: one(middle) })],
  'two words': [8, ({ one, middle, any }) => ({ keyword: `${one(middle)} ${any()}` })],
  'word and city': [8, ({ one, any, cities }) => ({ keyword: any(), city: one(cities) })],
  'typing error': [7, ({ one, mistyped, rare, middle }) => ({ keyword: mistyped(one([...rare, ...middle])) })],
  'city and dates': [6, ({ one, cities, dates }) => ({ city: one(cities), ...dates })],
  'word and dates': [4, ({ any, dates }) => ({ keyword: any(), ...dates })],
  'frequent word': [3, ({ one, frequent }) => ({ keyword: one(frequent) })],
  'around a place': [3, ({ place }) => ({ ...place, radius_km: 30 })],
  'second page by cursor': [3, ({ any }) => ({ keyword: any(), limit: 20 })],
  'two frequent words': [2, ({ one, frequent }) => ({ keyword: `${one(frequent)} ${one(frequent)}` })],
  'word around a place': [
    2,
    ({ one, place, middle, frequent }) => ({ ...place, radius_km: 100, keyword: one([...middle, ...frequent]) }),
  ],
  'nearest first': [2, ({ place }) => ({ ...place, radius_km: 500, sort: 'distance' })],
  'word by price': [2, ({ any }) => ({ keyword: any(), sort: 'price', currency })],
  'price range': [2, ({ upTo }) => ({ min_price_minor: 1_000 + upTo(20_000), currency, type: 'Music' })],
  'frequent word, facets': [
    1,
    ({ one, frequent }) => ({ keyword: one(frequent), facets: 'city,type,month,price', currency }),
  ],
  'word and city, facets': [
    1,
    ({ one, any, cities }) => ({ keyword: any(), city: one(cities), facets: 'type,month,price', currency }),
  ],
  'page 10 by number': [1, ({ any }) => ({ keyword: any(), page: 10, pageSize: 20 })],
} satisfies Record<string, [share: number, ask: (choice: Choice) => SearchRequest]>

export type Kind = keyof typeof questions

export const kinds = Object.keys(questions) as Kind[]

/** Of a hundred searches. */
export function shareOf(kind: Kind): number {
  return questions[kind][0]
}

/** Kinds by their shares, each as evenly spread as can be, so that the mix is the same at any time. */
export function mixOf(questionsPerPercent: number): Kind[] {
  return kinds
    .flatMap((kind) => {
      const count = shareOf(kind) * questionsPerPercent
      return Array.from({ length: count }, (_, index) => ({ kind, place: (index + 0.5) / count }))
    })
    .sort((one, other) => one.place - other.place)
    .map(({ kind }) => kind)
}

/** Makes questions of the catalogue that is there, from a seed: the same ones in each run. */
export function questioner(found: Words, seed: number): (kind: Kind) => SearchRequest {
  const random = randomNumbers(seed)
  // A small catalogue has no word that is rare.
  const filled = (list: readonly string[]) => (list.length > 0 ? list : found.performers)
  const words = { ...found, rare: filled(found.rare), middle: filled(found.middle), frequent: filled(found.frequent) }
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const one = <T>(from: readonly T[]): T => from[upTo(from.length)] as T
  const any = (): string => one(one([words.rare, words.middle, words.frequent]))
  return (kind) => {
    const place = one(words.venues)
    const start = dayFromToday(upTo(120))
    const dates = { start, end: dayFromToday(upTo(120) + 3, start) }
    const ask: (choice: Choice) => SearchRequest = questions[kind][1]
    return ask({ ...words, one, any, mistyped: (word) => mistype(word, upTo), place, dates, upTo })
  }
}

/** One letter missing, doubled, wrong, or swapped with the next. */
function mistype(word: string, upTo: (limit: number) => number): string {
  const at = 1 + upTo(word.length - 2)
  const letters = [...word]
  const [letter = '', next = ''] = letters.slice(at)
  const mistakes = [
    letters.toSpliced(at, 1),
    letters.toSpliced(at, 0, letter),
    letters.toSpliced(at, 1, letter === 'y' ? 'z' : 'y'),
    letters.toSpliced(at, 2, next, letter),
  ]
  return (mistakes[upTo(mistakes.length)] ?? letters).join('')
}

/** Words of the catalogue by how many events have them. */
export interface Words {
  readonly rare: readonly string[]
  readonly middle: readonly string[]
  readonly frequent: readonly string[]
  readonly performers: readonly string[]
  readonly cities: readonly string[]
  readonly venues: readonly { readonly lat: number; readonly lng: number }[]
}

/** Draws words from the catalogue; those of the middle are in a thousandth to a hundredth of the events. */
export async function readWords(databaseUrl: string): Promise<Words> {
  return withDatabase(databaseUrl, async (client) => {
    const texts = async (text: string): Promise<string[]> =>
      (await client.query<{ text: string }>(text)).rows.map((row) => row.text)
    const share = 'sum(w.events)::float8 / (SELECT count(*) FROM event.events)'
    const between = (low: number, high: number): Promise<string[]> =>
      texts(`SELECT word AS text FROM event.words AS w WHERE field IN ('p', 'n', 'v', 'c', 'd') AND length(word) > 2
        GROUP BY word HAVING ${share} >= ${low} AND ${share} < ${high} ORDER BY hashtext(word) LIMIT 200`)
    const { rows: venues } = await client.query<{ lat: number; lng: number }>(
      'SELECT latitude AS lat, longitude AS lng FROM event.venues ORDER BY hashtext(source_id) LIMIT 200',
    )
    return {
      rare: await between(0, 0.001),
      middle: await between(0.001, 0.01),
      frequent: await between(0.03, 1),
      performers: await texts(
        `SELECT name AS text FROM event.performers AS p
         WHERE EXISTS (SELECT FROM event.event_performers WHERE performer_id = p.id) ORDER BY hashtext(name) LIMIT 200`,
      ),
      cities: await texts('SELECT city AS text FROM event.venues GROUP BY city ORDER BY hashtext(city) LIMIT 200'),
      venues,
    }
  })
}

function dayFromToday(days: number, from = new Date().toISOString().slice(0, 10)): string {
  return new Date(Date.parse(from) + days * 86_400_000).toISOString().slice(0, 10)
}
