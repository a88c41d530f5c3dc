import test from 'ava'
import { anywhere, fitsOf } from '../../workers/event/search/fits.ts'
import { type QueryWord, termQuery, type WordField } from '../../workers/event/search/terms.ts'

function word(text: string, fields: Partial<Record<WordField, readonly [exact: number, prefixed: number]>>): QueryWord {
  const known = Object.entries(fields) as [WordField, readonly [number, number]][]
  return {
    text,
    fields: new Map(known.map(([field, [exact, prefixed]]) => [field, { exact, prefixed, words: null }])),
  }
}

const queries = (words: readonly QueryWord[], performersOfThatName = 0): (string | null)[] =>
  fitsOf(words, words.map(({ text }) => text).join(' '), performersOfThatName).map((terms) =>
    terms === null ? null : termQuery(terms),
  )

test('the artist outranks the name, the name a mention, the mention a place, and words stand before longer ones', (t) => {
  t.deepEqual(queries([word('drake', { p: [3, 3], n: [2, 4], v: [1, 1], d: [5, 5] })], 1), [
    `'Pdrake'`,
    `'Ndrake'`,
    `('pdrake')`,
    `('pdrake' | 'ndrake')`,
    `('pdrake' | 'ndrake' | 'vdrake')`,
    `('pdrake' | 'ndrake' | 'vdrake' | 'ddrake')`,
    `('pdrake':* | 'ndrake':* | 'vdrake':* | 'ddrake':*)`,
  ])
})

test('what nothing can have is no fit: an artist whom nobody knows, a field without one of the words, longer words where there are none', (t) => {
  t.deepEqual(queries([word('drake', { p: [3, 3] }), word('live', { n: [9, 9] })]), [
    null,
    `'Ndrake live'`,
    null,
    `('pdrake') & ('nlive')`,
    `('pdrake') & ('nlive')`,
    `('pdrake') & ('nlive')`,
    null,
  ])
})

test('a word that stands nowhere leaves nothing', (t) => {
  t.is(anywhere([word('drake', { p: [3, 3] }), word('xyz', {})]), null)
})
