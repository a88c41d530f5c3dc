import test from 'ava'
import { type QueryWord, type QueryWords, termQuery, type WordField } from '../../workers/event/search/terms.ts'
import { anywhere, tiersOf } from '../../workers/event/search/tiers.ts'

function word(text: string, fields: Partial<Record<WordField, readonly [exact: number, prefixed: number]>>): QueryWord {
  const known = Object.entries(fields) as [WordField, readonly [number, number]][]
  return {
    text,
    fields: new Map(known.map(([field, [exact, prefixed]]) => [field, { exact, prefixed, words: null }])),
  }
}

const apart = (...words: QueryWord[]): QueryWords => ({ words, joined: words.slice(1).map(() => word('none', {})) })

const typed = (words: QueryWords, performersOfThatName = 0) => ({
  words,
  keyword: words.words.map(({ text }) => text).join(' '),
  performersOfThatName,
  events: 1_000,
})

const queries = (words: QueryWords, performersOfThatName = 0): (string | null)[] =>
  tiersOf(typed(words, performersOfThatName)).map((terms) => (terms === null ? null : termQuery(terms)))

test('the artist outranks the name, the name a mention, the mention a place, and words stand before longer ones', (t) => {
  t.deepEqual(queries(apart(word('ac', { p: [3, 3], n: [2, 4], v: [1, 1], d: [5, 5] })), 1), [
    `'Pac'`,
    `('Pac' | 'Nac')`,
    `(('Pac' | 'Nac') | ('pac'))`,
    `('Pac' | ('pac' | 'nac'))`,
    `('Pac' | ('pac' | 'nac' | 'vac'))`,
    `('Pac' | ('pac' | 'nac' | 'vac' | 'dac'))`,
    `('Pac' | ('pac' | 'nac':* | 'vac' | 'dac'))`,
  ])
})

test('a word is also found where it is written as two, and two where they are written as one', (t) => {
  t.is(queries(apart(word('acdc', {})))[2], `('p+acdc')`)
  const joined = [word('scotiabank', { v: [3, 3] })]
  const both = { words: [word('in', { n: [9, 9], v: [1, 1] }), word('it', { v: [2, 2] })], joined }
  t.is(
    queries(both)[4],
    `((('nin' | 'vin') & ('vit')) | ('p+scotiabank' | 'n+scotiabank' | 'vscotiabank' | 'v+scotiabank' | 'c+scotiabank'))`,
  )
})

test('each tier has what the one before has, also an artist whose name was typed as other words', (t) => {
  const [artist, ...others] = queries(apart(word('redhotchili', {}), word('peppers', { p: [9, 9] })), 1)
  t.is(artist, `'Predhotchilipeppers'`)
  t.is(others.filter((query) => query !== null).length, 4)
  for (const query of others) t.true(query === null || query.startsWith(`('Predhotchilipeppers' | `), query ?? '')
})

test('an artist whose name is typed as a word that others have, too, is in every tier', (t) => {
  const mia = apart(word('mia', { p: [4, 4], n: [9, 9] }))
  for (const query of queries(mia, 1)) t.true(query === null || query.includes(`'Pmia'`), query ?? '')
  t.true(termQuery(anywhere(typed(mia, 1)) ?? [])?.includes(`'Pmia'`))
})

test('a tier that no event can be in is left out: an unknown artist, an unknown name, longer words where there are none', (t) => {
  const tiers = queries(apart(word('u2', { p: [3, 3] }), word('xy', {})))
  t.deepEqual(tiers, [null, null, null, null, null, null, null])
})

test('a word that stands nowhere leaves nothing', (t) => {
  t.is(anywhere(typed(apart(word('drake', { p: [3, 3] }), word('xy', {})))), null)
})
