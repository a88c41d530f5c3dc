import test from 'ava'
import { acceptsGzip } from '../../gateway/cache/accepts-gzip.ts'
import { matchesEtag } from '../../gateway/cache/matches-etag.ts'

test('gzip is accepted as RFC 9110 says', (t) => {
  for (const header of [
    'gzip',
    'GZIP',
    'deflate, gzip',
    'br;q=1.0, gzip;q=0.8, *;q=0.1',
    '*',
    'x-gzip',
    'gzip;q=0.001',
  ]) {
    t.true(acceptsGzip(header), header)
  }
  for (const header of [
    undefined,
    '',
    'identity',
    'br',
    'gzip;q=0',
    'gzip; q=0.000',
    '*;q=0',
    '*, gzip;q=0',
    'gzipped',
    ';;,',
  ]) {
    t.false(acceptsGzip(header), header)
  }
})

test('If-None-Match matches one of a list, weakly, and * matches everything', (t) => {
  for (const header of ['"a"', 'W/"a"', '"x", "a"', '"x",W/"a" , "y"', '*', ' * '])
    t.true(matchesEtag(header, '"a"'), header)
  for (const header of [undefined, '', 'a', '"A"', '"a', '"ab"', '"x", "y"', 'w/"a"', '"a-gz"']) {
    t.false(matchesEtag(header, '"a"'), header)
  }
})
