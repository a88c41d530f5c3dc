import test from 'ava'
import { matchesEtag } from '../../gateway/reads/send-reply.ts'

test('If-None-Match matches one of a list, weakly, and * matches everything', (t) => {
  for (const header of ['"a"', 'W/"a"', '"x", "a"', '"x",W/"a" , "y"', '*', ' * '])
    t.true(matchesEtag(header, '"a"'), header)
  for (const header of [undefined, '', 'a', '"A"', '"a', '"ab"', '"x", "y"', 'w/"a"', '"a-gz"']) {
    t.false(matchesEtag(header, '"a"'), header)
  }
})
