import test from 'ava'
import fc from 'fast-check'
import { fold } from '../../workers/event/search/fold.ts'
import {
  everywhere,
  type QueryWord,
  queryTexts,
  usualMatch,
  type WordField,
  withLongerOfLast,
  wordTerm,
} from '../../workers/event/search/terms.ts'
import { anyText } from '../support/any-text.ts'

for (const [written, typed] of [
  ['Łódź', 'lodz'],
  ['Björk', 'bjork'],
  ['Sigur Rós & Ólafur Arnalds', 'sigur ros olafur arnalds'],
  ['Mø', 'mo'],
  ['Straße', 'strasse'],
  ['Þorlákshöfn', 'thorlakshofn'],
  ['Œuvre Æther', 'oeuvre aether'],
  ['İstanbul ILIK ılık', 'istanbul ilik ilik'],
  ['Kraków – Đakovo', 'krakow dakovo'],
  ['ﬁre ＡＢＣ ½', 'fire abc 1 2'],
  ['O’Brien Don´t Hawaiʻi', 'obrien dont hawaii'],
  ['ΟΔΥΣΣΕΥΣ Οδυσσεύς', 'οδυσσευσ οδυσσευσ'],
  ['Москва', 'москва'],
  ['AC/DC: "Live" (2026)', 'ac dc live 2026'],
] as const) {
  test(`"${written}" is found by "${typed}"`, (t) => {
    t.is(fold(written), typed)
  })
}

test('folding what is folded changes nothing', (t) => {
  fc.assert(fc.property(anyText({ maxLength: 20 }), (text) => fold(fold(text)) === fold(text)))
  t.pass()
})

test('folded text is made of letters and digits, with single blanks between words', (t) => {
  fc.assert(fc.property(anyText({ maxLength: 20 }), (text) => /^([\p{L}\p{N}]+( [\p{L}\p{N}]+)*)?$/u.test(fold(text))))
  t.pass()
})

function known(
  text: string,
  field: WordField,
  exact: number,
  prefixed: number,
  words: string[] | null = null,
): QueryWord {
  return { text, fields: new Map([[field, { exact, prefixed, words }]]) }
}

test('a known word stands for itself, another one for what begins with it, and a single letter for itself', (t) => {
  t.is(usualMatch(known('drake', 'p', 1, 2)), 'exact')
  t.is(usualMatch(known('drak', 'p', 0, 2)), 'prefix')
  t.is(usualMatch(known('d', 'p', 0, 2)), 'exact')
})

test('few words that begin alike are named one by one, and fields where there is none are left out', (t) => {
  t.is(wordTerm(known('drak', 'n', 0, 2, ['drake', 'drakes']), everywhere, 'prefix')?.query, `('ndrake' | 'ndrakes')`)
  t.is(wordTerm(known('dr', 'n', 0, 2_000), everywhere, 'prefix')?.query, `('ndr':*)`)
  t.is(wordTerm(known('drake', 'n', 5, 9), everywhere, 'exact')?.query, `('ndrake')`)
  t.is(wordTerm(known('drake', 'n', 5, 9), ['p', 'v'], 'exact'), null)
})

test('a word given twice counts once, where it comes last', (t) => {
  t.deepEqual(queryTexts('Duran DURAN'), ['duran'])
  t.deepEqual(queryTexts('New York new'), ['york', 'new'])
})

test('longer words are meant by the last word only, and by one that is no word yet', (t) => {
  const words = withLongerOfLast([
    known('drake', 'p', 5, 9),
    known('liv', 'n', 0, 9),
    known('bell', 'p', 3, 7, ['bell', 'belle']),
  ])
  const terms = words.map((word) => wordTerm(word, everywhere, 'prefix')?.query)
  t.deepEqual(terms, [`('pdrake')`, `('nliv':*)`, `('pbell' | 'pbelle')`])
})

test('operators and quotes of users are not words', (t) => {
  t.deepEqual(queryTexts(`rock & (roll | !jazz):* "live'`), ['rock', 'roll', 'jazz', 'live'])
  for (const text of ['!!!', '&', '', '  ', `'":*`, '🎸']) t.deepEqual(queryTexts(text), [])
})

test('whatever users type becomes a query of letters, digits and our own operators', (t) => {
  fc.assert(
    fc.property(anyText({ maxLength: 20 }), (text) =>
      queryTexts(text).every((word) =>
        /^\('n[\p{L}\p{N}]+':\*\)$/u.test(wordTerm(known(word, 'n', 0, 1), everywhere, 'prefix')?.query ?? ''),
      ),
    ),
  )
  t.pass()
})
