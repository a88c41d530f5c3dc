import pg from 'pg'
import type { RequestOf } from '#shared/contracts/contract.ts'
import type { searchEvents } from '#shared/contracts/search.ts'

/** Of all prices of the made-up catalogue. */
const currency = 'EUR'

export type SearchRequest = RequestOf<typeof searchEvents>

/**
 * What people ask for, and how many of a hundred searches are of that kind. Nobody has told us what a ticket shop is asked; it stands to
 * reason that most type whom they want to see, many of them a few letters first or with an error, and add a city or dates; that frequent
 * words alone, places on a map and prices are for the few who browse, and that hardly anybody counts by city and type or leafs to page
 * 10. What is rare here is not less quick for it: the report shows each kind by itself.
 */
export const shares = {
  'performer by name': 15,
  'beginning of a word': 12,
  'rare word': 9,
  'word of the middle': 9,
  'two words': 8,
  'word and city': 8,
  'typing error': 7,
  'city and dates': 6,
  'word and dates': 4,
  'frequent word': 3,
  'around a place': 3,
  'second page by cursor': 3,
  'two frequent words': 2,
  'word around a place': 2,
  'nearest first': 2,
  'word by price': 2,
  'price range': 2,
  'frequent word, facets': 1,
  'word and city, facets': 1,
  'page 10 by number': 1,
} as const

export type Kind = keyof typeof shares

export const kinds = Object.keys(shares) as Kind[]

/** Kinds by their shares, each as evenly spread as can be, so that the mix is the same at any time. */
export function mixOf(questionsPerPercent: number): Kind[] {
  return kinds
    .flatMap((kind) => {
      const count = shares[kind] * questionsPerPercent
      return Array.from({ length: count }, (_, index) => ({ kind, place: (index + 0.5) / count }))
    })
    .sort((one, other) => one.place - other.place)
    .map(({ kind }) => kind)
}

/** Makes questions of the catalogue that is there, from a seed: the same ones in each run. */
export class Questions {
  readonly #words: Words
  readonly #random: () => number

  constructor(words: Words, seed: number) {
    this.#words = words
    this.#random = randomNumbers(seed)
  }

  ask(kind: Kind): SearchRequest {
    const { rare, middle, frequent, performers, cities, venues } = this.#words
    const one = <T>(from: readonly T[]): T => from[Math.floor(this.#random() * from.length)] as T
    const any = (): string => one(one([rare, middle, frequent]))
    const place = one(venues)
    const start = dayFromToday(Math.floor(this.#random() * 120))
    const dates = { start, end: dayFromToday(Math.floor(this.#random() * 120) + 3, start) }
    switch (kind) {
      case 'rare word':
        return { keyword: one(rare) }
      case 'word of the middle':
        return { keyword: one(middle) }
      case 'frequent word':
        return { keyword: one(frequent) }
      case 'performer by name':
        return { keyword: one(performers) }
      case 'two words':
        return { keyword: `${one(middle)} ${any()}` }
      case 'two frequent words':
        return { keyword: `${one(frequent)} ${one(frequent)}` }
      case 'beginning of a word':
        return { keyword: any().slice(0, 3) }
      case 'typing error':
        return { keyword: this.#mistype(one([...rare, ...middle])) }
      case 'word and city':
        return { keyword: any(), city: one(cities) }
      case 'word and dates':
        return { keyword: any(), ...dates }
      case 'city and dates':
        return { city: one(cities), ...dates }
      case 'around a place':
        return { ...place, radius_km: 30 }
      case 'word around a place':
        return { ...place, radius_km: 100, keyword: one([...middle, ...frequent]) }
      case 'nearest first':
        return { ...place, radius_km: 500, sort: 'distance' }
      case 'word by price':
        return { keyword: any(), sort: 'price', currency }
      case 'price range':
        return { min_price_minor: 1_000 + Math.floor(this.#random() * 20_000), currency, type: 'Music' }
      case 'frequent word, facets':
        return { keyword: one(frequent), facets: 'city,type,month,price', currency }
      case 'word and city, facets':
        return { keyword: any(), city: one(cities), facets: 'type,month,price', currency }
      case 'second page by cursor':
        return { keyword: any(), limit: 20 }
      case 'page 10 by number':
        return { keyword: any(), page: 10, pageSize: 20 }
    }
  }

  /** One letter missing, doubled, wrong, or swapped with the next. */
  #mistype(word: string): string {
    const at = 1 + Math.floor(this.#random() * (word.length - 2))
    const letters = [...word]
    const [letter = '', next = ''] = letters.slice(at)
    switch (Math.floor(this.#random() * 4)) {
      case 0:
        return letters.toSpliced(at, 1).join('')
      case 1:
        return letters.toSpliced(at, 0, letter).join('')
      case 2:
        return letters.toSpliced(at, 1, letter === 'y' ? 'z' : 'y').join('')
      default:
        return letters.toSpliced(at, 2, next, letter).join('')
    }
  }
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
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
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
      cities: await texts(`SELECT city AS text FROM event.venues GROUP BY city ORDER BY hashtext(city) LIMIT 200`),
      venues,
    }
  } finally {
    await client.end()
  }
}

/** Linear congruential: good enough to choose with, and the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

function dayFromToday(days: number, from = new Date().toISOString().slice(0, 10)): string {
  return new Date(Date.parse(from) + days * 86_400_000).toISOString().slice(0, 10)
}
