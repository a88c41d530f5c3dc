import test from 'ava'
import fc from 'fast-check'
import { fold } from '../../workers/event/search/fold.ts'
import {
  allTerms,
  askedWords,
  everywhere,
  type QueryWord,
  termQuery,
  type WordField,
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

/** The query of words of which neighbours make nothing together. */
function query(words: QueryWord[], { longer = false, fields = everywhere } = {}): string | null {
  const terms = allTerms({ words, joined: [] }, { fields, longer })
  return terms === null ? null : termQuery(terms)
}

const any = { text: 'x', fields: new Map([['t', { exact: 1, prefixed: 1, words: null }]]) } as QueryWord

test('a known word stands for itself, another one for what begins with it, and a single letter for itself', (t) => {
  t.is(query([known('drake', 't', 1, 2), any]), `('p+drake' | 'n+drake' | 'v+drake' | 'c+drake' | 'tdrake') & ('tx')`)
  t.is(query([known('dr', 't', 0, 2), any]), `('tdr':*) & ('tx')`)
  t.is(query([known('d', 't', 0, 2), any]), null)
})

test('few words that begin alike are named one by one, and fields where there is none are left out', (t) => {
  t.is(query([known('dr', 'n', 0, 2, ['drake', 'drakes']), any]), `('ndrake' | 'ndrakes') & ('tx')`)
  t.is(query([known('dr', 'n', 0, 2_000), any]), `('ndr':*) & ('tx')`)
  t.is(query([known('dr', 'n', 5, 9), any]), `('ndr') & ('tx')`)
  t.is(query([known('dr', 'n', 5, 9)], { fields: ['t', 'd'] }), null)
})

test('a word given twice counts once, where it comes last', (t) => {
  t.deepEqual(askedWords('keyword', 'Duran DURAN'), ['duran'])
  t.deepEqual(askedWords('keyword', 'New York new'), ['york', 'new'])
})

test('longer words are meant by the last word only, and by one that is no word yet', (t) => {
  const words = [known('dr', 'p', 5, 9), known('li', 'n', 0, 9), known('be', 'p', 3, 7, ['be', 'bell'])]
  t.is(query(words, { longer: true }), `('pdr') & ('nli':*) & ('pbe' | 'pbell')`)
})

test('operators and quotes of users are not words', (t) => {
  t.deepEqual(askedWords('keyword', `rock & (roll | !jazz):* "live'`), ['rock', 'roll', 'jazz', 'live'])
  for (const text of ['!!!', '&', '', '  ', `'":*`, '🎸']) t.deepEqual(askedWords('keyword', text), [])
})

test('whatever users type becomes a query of letters, digits and our own operators', (t) => {
  fc.assert(
    fc.property(anyText({ maxLength: 20 }), (text) =>
      askedWords('keyword', text).every((word) =>
        /^\('[+\p{L}\p{N}]+'(:\*)?( \| '[+\p{L}\p{N}]+'(:\*)?)*\)$/u.test(query([known(word, 'n', 0, 1)]) ?? `('n')`),
      ),
    ),
  )
  t.pass()
})
