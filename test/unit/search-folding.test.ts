import test from 'ava'
import fc from 'fast-check'
import { fold } from '../../workers/event/fold.ts'
import { wordQuery } from '../../workers/event/word-query.ts'
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

test('every word is a prefix and all must occur', (t) => {
  t.is(wordQuery('Zara  Larss', 'anywhere'), 'zara:* & larss:*')
  t.is(wordQuery('Björk', 'performer'), 'bjork:*A')
})

test('operators and quotes of users are not words', (t) => {
  t.is(wordQuery(`rock & (roll | !jazz):* "live'`, 'anywhere'), 'rock:* & roll:* & jazz:* & live:*')
  for (const text of ['!!!', '&', '', '  ', `'":*`, '🎸']) t.is(wordQuery(text, 'anywhere'), null)
})
