import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import { stockDemoEvent } from '../support/demo-event.ts'
import { DescribedApi } from '../support/described-api.ts'
import { type DocumentedRequest, documentedRequests } from '../support/documented-requests.ts'
import { type Answer, ask, eventOnSale } from '../support/http.ts'
import { organiserKey, type System, startSystem } from '../support/system.ts'

/*
 * Every request that README.md and infra/REQUESTS.md show, made by a client that is generated from the `/openapi.json` of the running
 * gateway: it sends nothing that the document does not describe, and takes no answer that it does not.
 */

const project = join(import.meta.dirname, '..', '..')
const requests = ['README.md', 'infra/REQUESTS.md'].flatMap((file) =>
  documentedRequests(readFileSync(join(project, file), 'utf8')),
)

/** What is not there when the documents' requests are made one after the other. */
const absent: Record<string, readonly number[]> = {
  // The event is not cancelled.
  'GET /admin/events/$ID/refunds': [404],
  // Once while a hold is there, once after it.
  'DELETE /me?user_id=135': [204, 409],
  'DELETE /me': [204, 409],
  // A number from thin air.
  'GET /events/$EVENT/seats?min_seq=123': [200, 400],
}

class DescribedClient {
  readonly #url: string
  readonly #api: DescribedApi
  /** Of the caller, unless a request has its own. */
  readonly #credentials: Record<string, string>
  #keys = 0

  private constructor(url: string, api: DescribedApi, credentials: Record<string, string>) {
    this.#url = url
    this.#api = api
    this.#credentials = credentials
  }

  static async of(url: string, credentials: Record<string, string>): Promise<DescribedClient> {
    return new DescribedClient(url, await DescribedApi.of((await ask(`${url}/openapi.json`)).body), credentials)
  }

  /** Throws where request or answer is not as described. */
  async send(request: Pick<DocumentedRequest, 'method' | 'url' | 'headers' | 'body'>): Promise<Answer> {
    const { method, body } = request
    const url = request.url.replace(/^localhost:8080/, this.#url)
    const headers = { ...this.#credentials, ...request.headers }
    if (this.#api.needsHeader(method, url, 'Idempotency-Key') && headers['idempotency-key'] === undefined) {
      this.#keys += 1
      headers['idempotency-key'] = `key-${this.#keys}`
    }
    const sent = { method, url, headers, ...(body === undefined ? {} : { body }) }
    this.#refuse('cannot be sent', sent, this.#api.faultsOfRequest(sent))
    const answer = await ask(url, { method, headers, ...(body === undefined ? {} : { raw: body }) })
    this.#refuse('was answered otherwise', sent, this.#api.faultsOfAnswer(sent, answer))
    return answer
  }

  #refuse(what: string, { method, url }: { method: string; url: string }, faults: readonly string[]): void {
    if (faults.length > 0) throw new Error(`${method} ${url} ${what}: ${faults.join(', ')}`)
  }
}

/** What stands before the id that a variable of the documents takes, where it is not the first of the answer. */
const beforeId: Readonly<Record<string, string>> = { VENUE: '"venue"', TICKET: '"tickets":[' }

/** Makes requests in their order, each as `adapt` has it. */
async function makeAll(
  t: ExecutionContext,
  client: DescribedClient,
  requests: readonly DocumentedRequest[],
  adapt: (request: DocumentedRequest) => DocumentedRequest,
): Promise<void> {
  const variables: Record<string, string> = { KEY: organiserKey }
  const filled = (text: string): string => text.replaceAll(/\$(\w+)/g, (_all, name: string) => variables[name] ?? '')
  for (const documented of requests) {
    const request = adapt(documented)
    const headers = Object.entries(request.headers).map(([name, value]) => [name, filled(value)])
    const body = request.body === undefined ? {} : { body: filled(request.body) }
    const { method, url } = request
    const answer = await client.send({
      method,
      url: filled(url),
      headers: Object.fromEntries(headers),
      ...body,
    })
    const expected = absent[`${method} ${url.replace(/^localhost:8080/, '')}`]
    if (expected === undefined) t.true(answer.status < 300, `${documented.text}\n${answer.text}`)
    else t.true(expected.includes(answer.status), `${documented.text}\n${answer.text}`)
    // As the documents' `grep` takes it.
    const before = beforeId[documented.keepsIdAs ?? ''] ?? ''
    const within = answer.text.slice(answer.text.indexOf(before))
    const [, firstId] = /"id":"([^"]*)"/.exec(within) ?? []
    if (documented.keepsIdAs !== undefined) variables[documented.keepsIdAs] = firstId ?? ''
  }
}

async function start(t: ExecutionContext, env: Record<string, string>): Promise<System> {
  const system = await startSystem({ env: { RATE_LIMITS: 'off', ...env } })
  t.teardown(() => system.stop())
  await stockDemoEvent(system)
  // The first of the list, and not so soon that its tickets cannot be cancelled.
  await eventOnSale(system.url, { rows: 15, seatsPerRow: 10, inDays: 5 })
  await system.start('audit')
  return system
}

test('a client made of the API description makes every request of the documents in demo mode', async (t) => {
  const { url } = await start(t, {})
  const client = await DescribedClient.of(url, {})
  await makeAll(t, client, requests, (request) => request)
  t.true(requests.length > 25)
  const headers = { 'content-type': 'application/json' }
  const wrong: [fault: RegExp, request: Parameters<DescribedClient['send']>[0]][] = [
    [/colour is not declared/, { method: 'GET', url: 'localhost:8080/events?colour=red', headers }],
    [/limit must be <= 100/, { method: 'GET', url: 'localhost:8080/events?limit=101', headers }],
    [/must match format/, { method: 'GET', url: 'localhost:8080/events/42', headers }],
    [/no such operation/, { method: 'GET', url: 'localhost:8080/nowhere', headers }],
    [
      /must NOT have additional/,
      { method: 'POST', url: 'localhost:8080/session', headers, body: '{"user_id":"1","a":1}' },
    ],
    [/the body is missing/, { method: 'POST', url: 'localhost:8080/session', headers }],
  ]
  for (const [fault, request] of wrong) await t.throwsAsync(client.send(request), { message: fault })
})

test('a client made of the API description makes every request of the documents with a token', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const { url } = await start(t, { AUTH: 'jwt', JWT_PUBLIC_KEY: pem })
  const tokenOf = (user: string): Promise<string> =>
    new SignJWT().setProtectedHeader({ alg: 'EdDSA' }).setSubject(user).setExpirationTime('10 minutes').sign(privateKey)
  const tokens = new Map<string, string>()
  for (const user of ['123', '125', '126', '130', '131', '132', '133', '134', '135'])
    tokens.set(user, await tokenOf(user))
  const client = await DescribedClient.of(url, {})
  const adapted = (request: DocumentedRequest): DocumentedRequest => {
    const [, user = '125'] = /user_id(?:"?[=:]"?)(\d+)/.exec(`${request.url}${request.body ?? ''}`) ?? []
    const authorization = request.headers.authorization ?? `Bearer ${tokens.get(user)}`
    const { user_id: _caller, ...members } = JSON.parse(request.body ?? '{}')
    const isBare = request.method === 'POST' && /\/purchase(\?|$)/.test(request.url) && request.body === undefined
    const purchase = { event_id: '$EVENT', best_available: { qty: 1 }, payment_token: 'tok_ok' }
    return {
      ...request,
      // Only demo mode knows what to buy without being told.
      ...(request.body === undefined && !isBare ? {} : { body: JSON.stringify(isBare ? purchase : members) }),
      url: request.url.replace(/user_id=\d+&?/, '').replace(/\?$/, ''),
      headers: { ...request.headers, ...(isBare ? { 'content-type': 'application/json' } : {}), authorization },
    }
  }
  // The first of the documents is the list; a bare purchase needs an event before the documents name one.
  const naming = requests.slice(0, 1).map((first) => ({ ...first, keepsIdAs: 'EVENT' }))
  await makeAll(t, client, [...naming, ...requests], adapted)
  const personal = { method: 'GET', url: 'localhost:8080/bookings', headers: {} }
  await t.throwsAsync(client.send(personal), { message: /credentials are missing/ })
})
