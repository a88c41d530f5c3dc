import { generateKeyPairSync } from 'node:crypto'
import { mock } from 'node:test'
import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import { providerTokens, type VerifyToken } from '../../gateway/identity/tokens.ts'
import { listening } from '../support/listening.ts'
import { until } from '../support/until.ts'

interface Provider {
  readonly url: string
  /** Whether it answers with its keys, or with 500. */
  isUp: boolean
  /** How often it was asked. */
  asked: number
  /** A token for ada, signed by the key of that name. */
  token(keyId: string): Promise<string>
  /** Signs by a new key of that name from now on, beside those that it has. */
  addKey(keyId: string): void
  dropKey(keyId: string): void
}

async function startProvider(t: ExecutionContext): Promise<Provider> {
  const pairs = new Map<string, ReturnType<typeof generateKeyPairSync>>()
  const published = new Set<string>()
  const provider = { isUp: true, asked: 0 }
  const { url, stop } = await listening((_request, response) => {
    provider.asked += 1
    const jwk = (kid: string) => pairs.get(kid)?.publicKey.export({ format: 'jwk' })
    const keys = [...published].map((kid) => ({ ...jwk(kid), kid, alg: 'EdDSA' }))
    response.writeHead(provider.isUp ? 200 : 500, { connection: 'close' }).end(JSON.stringify({ keys }))
  })
  t.teardown(stop)
  return Object.assign(provider, {
    url: `${url}/jwks.json`,
    token: (kid: string) => {
      const privateKey = pairs.get(kid)?.privateKey
      if (privateKey === undefined) throw new Error(`there is no key ${kid}`)
      return new SignJWT()
        .setProtectedHeader({ alg: 'EdDSA', kid })
        .setSubject('ada')
        .setExpirationTime('30 days')
        .sign(privateKey)
    },
    addKey(kid: string) {
      pairs.set(kid, generateKeyPairSync('ed25519'))
      published.add(kid)
    },
    dropKey: (kid: string) => published.delete(kid),
  })
}

/** As a gateway verifies, and what it noted of a provider that is away. */
function verifying({ url }: Provider): { verify: VerifyToken; noted: Error[] } {
  const noted: Error[] = []
  const options = { jwksUrl: url, publicKey: undefined, issuer: undefined, audience: undefined }
  return { verify: providerTokens(options, (error) => noted.push(error)), noted }
}

const minutes = 60_000

test.beforeEach(() => mock.timers.enable({ apis: ['Date'], now: Date.now() }))
test.afterEach.always(() => mock.timers.reset())

test.serial('while the identity provider is away a token that cannot be judged is not called invalid', async (t) => {
  const provider = await startProvider(t)
  provider.addKey('one')
  provider.isUp = false
  const { verify, noted } = verifying(provider)
  t.like(await t.throwsAsync(verify(await provider.token('one'))), { code: 'unavailable' })
  t.is(noted.length, 1)
  t.like(await t.throwsAsync(verify('no token at all')), { code: 'unauthenticated' })
  provider.isUp = true
  t.is(await verify(await provider.token('one')), 'ada')
})

test.serial('the keys at hand go on verifying for a day while the identity provider is away', async (t) => {
  const provider = await startProvider(t)
  provider.addKey('one')
  const token = await provider.token('one')
  const { verify, noted } = verifying(provider)
  t.is(await verify(token), 'ada')
  provider.isUp = false
  for (const later of [11, 60, 12 * 60, 10 * 60]) {
    mock.timers.tick(later * minutes)
    t.is(await verify(token), 'ada')
  }
  t.like(await t.throwsAsync(verify(`${token.slice(0, -8)}AAAAAAAA`)), { code: 'unauthenticated' })
  await until('the operator hears of it', () => noted.length > 0)
  provider.addKey('two')
  t.like(await t.throwsAsync(verify(await provider.token('two'))), { code: 'unavailable' })
  mock.timers.tick(2 * 60 * minutes)
  t.like(await t.throwsAsync(verify(token)), { code: 'unavailable' })
})

test.serial('a key that the identity provider takes back is believed for some minutes, not for a day', async (t) => {
  const provider = await startProvider(t)
  provider.addKey('one')
  provider.addKey('two')
  const token = await provider.token('one')
  const { verify } = verifying(provider)
  t.is(await verify(token), 'ada')
  provider.dropKey('one')
  mock.timers.tick(6 * minutes)
  // Asks for the keys again, but does not wait for them.
  t.is(await verify(token), 'ada')
  await until('the key is forgotten', () =>
    verify(token).then(
      () => false,
      (error) => error.code === 'unauthenticated',
    ),
  )
  t.is(provider.asked, 2)
})
