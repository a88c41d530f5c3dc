import type { Queryable } from '#shared/database/postgres.ts'
import { checkSpellings } from '../store/check-spellings.ts'
import { findNearWords, knownWords, readKnown } from '../store/words.ts'
import type { Question } from './question.ts'
import { allTerms, everywhere, joinedTexts, type QueryWords, termQuery, wholeText } from './terms.ts'
import { anywhere } from './tiers.ts'

export interface Correction {
  readonly word: string
  readonly used: string
}

/** A keyword in another spelling, which events match. */
export interface CorrectedKeyword {
  readonly words: QueryWords
  readonly keyword: string
  readonly performersOfThatName: number
  readonly corrections: readonly Correction[]
  /** Whether to search for it. If not, it is only suggested: the typed keyword exists, but not together with the other filters. */
  readonly replaces: boolean
}

/** A spelling of the words so far. */
interface Spelling {
  readonly texts: readonly string[]
  readonly corrections: readonly Correction[]
  /** In letters. */
  readonly cost: number
  readonly events: number
}

/** Limits: near words tried for a word, spellings looked up, and spellings checked against events. */
const maxNear = 8
const maxSpellings = 60
const maxChecked = 16
/** The cost, in letters, of leaving an unknown word unchanged: it may be two words written as one. */
const unknownCost = 1.5

/**
 * The spelling of a keyword that was most likely meant, if the typed one found nothing; `null` if there is none nearby. All words are
 * judged together: a spelling that no event matches as a whole does not count.
 */
export async function correctKeyword(db: Queryable, question: Question): Promise<CorrectedKeyword | null> {
  const typed = question.words.words.map(({ text }) => text)
  const joined = joinedTexts(typed)
  const near = await findNearWords(db, [...typed, ...joined])
  const isKnown = (index: number): boolean => (question.words.words[index]?.fields.size ?? 0) > 0
  // By the number of words spelled.
  const spellings: Spelling[][] = [[{ texts: [], corrections: [], cost: 0, events: 0 }], ...typed.map(() => [])]
  for (const [index, word] of typed.entries()) {
    const best = (spellings[index] ?? []).toSorted(byCost).slice(0, maxSpellings)
    for (const before of best) {
      const kept = { texts: [...before.texts, word], cost: before.cost + (isKnown(index) ? 0 : unknownCost) }
      spellings[index + 1]?.push({ ...before, ...kept })
      for (const [count, others] of [
        [1, near[index]],
        [2, near[typed.length + index]],
      ] as const) {
        const replaced = typed.slice(index, index + count).join(' ')
        for (const other of (others ?? []).slice(0, maxNear)) {
          spellings[index + count]?.push({
            texts: [...before.texts, other.word],
            corrections: [...before.corrections, { word: replaced, used: other.word }],
            cost: before.cost + other.distance,
            events: before.events + Math.log(1 + other.events),
          })
        }
      }
    }
  }
  const others = (spellings.at(-1) ?? []).filter(({ corrections }) => corrections.length > 0)
  return await bestOf(db, question, others.toSorted(byCost).slice(0, maxSpellings))
}

function byCost(one: Spelling, other: Spelling): number {
  return one.cost - other.cost || other.events - one.events
}

/** Of spellings with the same cost: first the name of a performer, then the one that most events match. */
async function bestOf(
  db: Queryable,
  question: Question,
  spellings: readonly Spelling[],
): Promise<CorrectedKeyword | null> {
  if (spellings.length === 0) return null
  const respelled = spellings.map((spelling) => ({ ...spelling, keyword: respell(question.keyword, spelling) }))
  const known = await readKnown(
    db,
    [...new Set(spellings.flatMap(({ texts }) => [...texts, ...joinedTexts(texts)]))],
    respelled.map(({ keyword }) => ({ field: 'P', text: wholeText(keyword) })),
  )
  const candidates = respelled
    .flatMap(({ keyword, texts, corrections, cost }) => {
      const words = knownWords(known, texts)
      const query = termQuery(allTerms(words, { fields: everywhere, longer: false }) ?? [])
      const performersOfThatName = known.wholes.get(`P${wholeText(keyword)}`) ?? 0
      return query === null ? [] : [{ keyword, words, query, corrections, cost, performersOfThatName }]
    })
    .toSorted((one, other) => one.cost - other.cost || other.performersOfThatName - one.performersOfThatName)
    .slice(0, maxChecked)
  const asTyped = termQuery(anywhere(question) ?? []) ?? ''
  const [typed, ...checked] = await checkSpellings(db, question, [asTyped, ...candidates.map(({ query }) => query)])
  const matching = candidates
    .map((candidate, index) => ({ ...candidate, ...checked[index] }))
    .filter(({ isKnown = false }) => isKnown)
    .sort(
      (one, other) =>
        Math.sign(other.matches ?? 0) - Math.sign(one.matches ?? 0) ||
        one.cost - other.cost ||
        Math.sign(other.performersOfThatName) - Math.sign(one.performersOfThatName) ||
        (other.matches ?? 0) - (one.matches ?? 0),
    )
  const best = matching[0]
  const isFound = best?.matches !== undefined && best.matches > 0
  if (best === undefined || (typed?.isKnown && !isFound)) return null
  return { ...best, replaces: isFound && !typed?.isKnown }
}

/** The keyword with some words replaced. */
function respell(keyword: string, { corrections }: Spelling): string {
  const used = new Map(corrections.map(({ word, used }) => [word, used]))
  const words = keyword.split(' ')
  const respelled: string[] = []
  for (let index = 0; index < words.length; index++) {
    const two = used.get(words.slice(index, index + 2).join(' '))
    respelled.push(two ?? used.get(words[index] ?? '') ?? words[index] ?? '')
    if (two !== undefined) index++
  }
  return respelled.join(' ')
}
