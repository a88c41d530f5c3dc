import test from 'ava'
import fc from 'fast-check'
import { deletionsOf, editDistance, nearestFirst } from '../../workers/event/search/near-words.ts'

for (const [one, other, expected] of [
  ['taylor', 'taylor', 0],
  ['tayler', 'taylor', 1],
  ['taylr', 'taylor', 1],
  ['swiift', 'swift', 1],
  ['drkae', 'drake', 1],
  ['ca', 'abc', 3],
  ['', 'abba', 4],
  ['kitten', 'sitting', 3],
] as const) {
  test(`"${one}" is ${expected} away from "${other}", there and back`, (t) => {
    t.is(editDistance(one, other), expected)
    t.is(editDistance(other, one), expected)
  })
}

test('the nearest word comes first, of equally near ones those that begin alike, then the most frequent', (t) => {
  const known = [
    { word: 'brake', events: 900 },
    { word: 'drape', events: 5 },
    { word: 'drakes', events: 7 },
    { word: 'dracula', events: 1_000 },
    { word: 'drake', events: 1 },
  ]
  t.deepEqual(
    nearestFirst('drake', known).map(({ word }) => word),
    ['drakes', 'drape', 'brake'],
  )
})

test('two letters may be wrong in a word of seven, one in a shorter one', (t) => {
  const near = (typed: string, word: string): boolean => nearestFirst(typed, [{ word, events: 1 }]).length > 0
  t.true(near('metalicca', 'metallica'))
  t.true(near('abcdefg', 'abcdexy'))
  t.false(near('abcdef', 'abcdxy'))
})

test('words of one letter more, less, other or out of place share a deletion', (t) => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 3, maxLength: 9 })
  fc.assert(
    fc.property(word, word, (typed, known) => {
      if (editDistance(typed, known) > 1) return true
      // The index has each known word, and it without any one letter.
      const indexed = new Set([known, ...[...known].map((_, index) => known.slice(0, index) + known.slice(index + 1))])
      return deletionsOf(typed).some((left) => indexed.has(left))
    }),
  )
  t.deepEqual(deletionsOf('ab'), [])
  t.deepEqual(deletionsOf('a'.repeat(31)), [])
})
