import test from 'ava'
import { CachedReply } from '../../gateway/reads/cached-reply.ts'
import type { CallTime } from '../../gateway/reads/freshness.ts'

const body = Buffer.from('a page')
const at = (calledAt: number, sequence: number, stream = 'one'): CallTime => ({
  calledAt,
  position: { stream, sequence },
})

function ageOf(own: CallTime, madeOf: readonly CallTime[]) {
  const { calledAt, position } = CachedReply.parse(CachedReply.from({ body, madeOf }, own).stored)
  return { calledAt, position }
}

test('a page is as old as the oldest reply it is made of, and reacts to every event behind the earliest position', (t) => {
  t.deepEqual(ageOf(at(9_000, 90), []), at(9_000, 90))
  t.deepEqual(ageOf(at(9_000, 90), [at(8_000, 85), at(7_500, 88)]), at(7_500, 85))
})

test('a page made of a reply whose position is unknown, or of another stream, has none', (t) => {
  t.is(ageOf(at(9_000, 90), [{ calledAt: 8_000, position: null }]).position, null)
  t.is(ageOf(at(9_000, 90), [at(8_000, 85, 'two')]).position, null)
})

test('a page keeps its type in Redis', (t) => {
  const type = 'text/html; charset=utf-8'
  const stored = CachedReply.parse(CachedReply.from({ body, type }, at(1, 1)).stored)
  t.is(stored.plain.headers[1], type)
})
