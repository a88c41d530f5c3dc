import test from 'ava'
import { checkAnswer } from '../support/api-check.ts'

/* The HTTP client of the tests refuses what the OpenAPI document does not declare; here it sees it once. */

const sent = { method: 'GET', url: 'http://gateway/availability?ids=1' }
const type = { 'content-type': 'application/json; charset=utf-8' }
const headers = new Headers({ ...type, 'x-request-id': '1', 'cache-control': 'no-store' })
const item = { id: '019a0000-0000-7000-8000-000000000001', availability: 'few' }
const answer = (body: object, more: { status?: number; headers?: Headers } = {}) =>
  checkAnswer(sent, { status: 200, headers, ...more, text: JSON.stringify(body) })

test('a test fails when an answer has a status, header, member or value that the API does not declare', async (t) => {
  await t.notThrowsAsync(answer({ items: [item] }))
  await t.throwsAsync(answer({ items: [{ ...item, left: 3 }] }), { message: /left/ })
  await t.throwsAsync(answer({ items: [{ ...item, availability: 'some' }] }), { message: /allowed/ })
  await t.throwsAsync(answer({ items: [{ id: item.id }] }), { message: /availability/ })
  await t.throwsAsync(answer({}), { message: /items/ })
  await t.throwsAsync(answer({ items: [] }, { status: 418 }), { message: /no status 418/ })
  await t.throwsAsync(answer({ items: [] }, { headers: new Headers(type) }), { message: /X-Request-Id is missing/ })
  const located = new Headers([...headers, ['location', '/events']])
  await t.throwsAsync(answer({ items: [] }, { headers: located }), { message: /Location is not declared/ })
  const asText = new Headers({ ...Object.fromEntries(headers), 'content-type': 'text/plain' })
  await t.throwsAsync(answer({ items: [] }, { headers: asText }), { message: /no body of type text\/plain/ })
  await t.throwsAsync(checkAnswer({ method: 'GET', url: 'http://gateway/nowhere' }, { status: 200, headers, text: '' }))
})
