import test from 'ava'
import { newId } from '#shared/ids.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { startSystem } from '../support/system.ts'

const system = forFile(() => startSystem({ env: { RATE_LIMITS: 'off' } }))

const short = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

test('a thousand events are asked for at once, unknown ones are left out, and each is answered once', async (t) => {
  const known = await eventOnSale(system.url)
  const ids = [known, ...Array.from({ length: 998 }, newId), known]
  const { status, body, text } = await ask(`${system.url}/availability?ids=${ids.join(',')}`)
  t.is(status, 200, text)
  t.deepEqual(body, { items: [{ id: known, availability: 'plenty' }] })
})

test('ids may be given in 22 characters', async (t) => {
  const id = await eventOnSale(system.url)
  const { body } = await ask(`${system.url}/availability?ids=${short(id)},${short(newId())}`)
  t.deepEqual(body, { items: [{ id, availability: 'plenty' }] })
})

test('malformed ids, none, and more than a thousand are refused by name', async (t) => {
  const short1001 = Array.from({ length: 1_001 }, () => short(newId())).join(',')
  for (const query of ['', '?ids=', '?ids=a', `?ids=${newId()},`, `?ids=${short1001}`, `?ids=${newId()}&x=1`]) {
    const { status, body } = await ask(`${system.url}/availability${query}`)
    t.is(status, 400, query)
    t.is(body.code, 'validation_failed', query)
  }
})
