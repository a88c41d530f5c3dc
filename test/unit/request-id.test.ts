import type { IncomingMessage, ServerResponse } from 'node:http'
import test from 'ava'
import { beginRequest } from '../../gateway/http/request-context.ts'
import { isTraceId } from '../../infra/span-store/find-trace.ts'

const idFor = (headers: IncomingMessage['headers']): string =>
  beginRequest({ headers } as IncomingMessage, {} as ServerResponse, { endpoint: '/events' }).requestId

test('a request gets an id that no other has, and that nobody takes for a trace', (t) => {
  const ids = Array.from({ length: 1_000 }, () => idFor({}))
  t.is(new Set(ids).size, ids.length)
  t.false(ids.some(isTraceId))
})

test('an id that the log would mask is replaced, so that spans and answers do not have it either', (t) => {
  for (const id of [
    '4111111111111111',
    '4111-1111-1111-1111',
    'tok_visa_debit',
    'org_0123456789abcdef',
    'eyJhbGciOiJIUzI1NiJ9',
  ]) {
    t.not(idFor({ 'x-request-id': id }), id)
  }
  for (const id of ['4111111111111112', '019abc04-1111-4111-8111-111111111111']) t.is(idFor({ 'x-request-id': id }), id)
})

test('an id that the client gives is kept if it harms neither logs nor headers', (t) => {
  t.is(idFor({ 'x-request-id': 'my-request:1.2_3' }), 'my-request:1.2_3')
  for (const id of ['', 'a b', 'ä', '"', 'x'.repeat(129)]) t.not(idFor({ 'x-request-id': id }), id)
})
