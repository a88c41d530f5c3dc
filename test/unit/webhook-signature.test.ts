import { createHmac } from 'node:crypto'
import test from 'ava'
import { signWebhook, verifyWebhook } from '#shared/webhook-signature.ts'

const secret = 'a secret of the provider'
const body = '{"id":"1","amount_minor":5000,"note":"Zoë"}'
const at = 1_800_000_000_700
const header = signWebhook({ secret, body, at })

const verify = (changes: Partial<Parameters<typeof verifyWebhook>[0]> = {}): boolean =>
  verifyWebhook({ secret, body, header, now: at, ...changes })

test('the signature is the HMAC-SHA256 of the time, a dot and the raw body', (t) => {
  const hex = createHmac('sha256', secret).update(`1800000000.${body}`).digest('hex')
  t.is(header, `t=1800000000,v1=${hex}`)
})

test('a signed webhook is accepted, as text and as bytes', (t) => {
  t.true(verify())
  t.true(verify({ body: Buffer.from(body) }))
  const bytes = new Uint8Array([0xff, 0x00, 0xfe])
  t.true(verify({ body: bytes, header: signWebhook({ secret, body: bytes, at }) }))
})

test('a webhook with another body, secret or time is refused', (t) => {
  t.false(verify({ body: `${body} ` }))
  t.false(verify({ body: Buffer.from(body).subarray(1) }))
  t.false(verify({ secret: `${secret}!` }))
  t.false(verify({ header: header.replace('t=1800000000', 't=1800000001') }))
})

test('a signature holds for 300 s before and after its time and no longer', (t) => {
  const signedMs = 1_800_000_000_000
  for (const distanceMs of [-300_000, 300_000]) t.true(verify({ now: signedMs + distanceMs }))
  for (const distanceMs of [-300_001, 300_001]) t.false(verify({ now: signedMs + distanceMs }))
})

test('one valid signature among several is enough, and other schemes do not count', (t) => {
  const [time = '', signature = ''] = header.split(',')
  const wrong = `v1=${'0'.repeat(64)}`
  t.true(verify({ header: `${time},${wrong},${signature}` }))
  t.true(verify({ header: `${time}, ${signature}, v0=old` }))
  t.false(verify({ header: `${time},${wrong}` }))
  t.false(verify({ header: `${time},${signature.replace('v1', 'v0')}` }))
})

test('a header of any other shape is refused without an error', (t) => {
  const [time = '', signature = ''] = header.split(',')
  const shapes = ['', ',', 't=', 'v1=', time, signature, `t=x,${signature}`, `t=-1,${signature}`, `t=1e9,${signature}`]
  shapes.push(`${time},v1=`, `${time},v1=zz`, header.toUpperCase(), header.slice(0, -1), `${header}0`, `${header}\0`)
  shapes.push(`${time},${header}`, `${time},${',v1=0'.repeat(10_000)},${signature}`)
  shapes.push(`t=${'9'.repeat(400)},${signature}`)
  for (const shape of shapes) t.false(verify({ header: shape }), shape.slice(0, 100))
})
