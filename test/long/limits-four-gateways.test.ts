import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { localDecisions } from '../support/local-decisions.ts'
import { startSystem } from '../support/system.ts'

/* Limits of a running system with four gateways, as a client sees them over HTTP. */

const browseMaximum = 200

const system = forFile(() =>
  startSystem({
    counts: { gateway: 4, booking: 0, purchase: 0, sandbox: 0 },
    env: { RATE_LIMIT_MAXIMA: `browse=${browseMaximum}`, GATEWAYS: '4' },
  }),
)

test.serial('four gateways under load admit the maximum and what grows meanwhile, and not one more', async (t) => {
  const begin = performance.now()
  const statuses: number[] = []
  let refused = 0
  const client = async (url: string): Promise<void> => {
    while (refused < 200) {
      const { status } = await ask(`${url}/events`)
      statuses.push(status)
      if (status === 429) refused += 1
    }
  }
  await Promise.all(system.gateways.flatMap(({ url }) => Array.from({ length: 4 }, () => client(url))))
  const tookMs = performance.now() - begin
  const admitted = statuses.filter((status) => status !== 429).length
  const alone = await localDecisions(system)
  const allowed = Math.floor(browseMaximum + (browseMaximum * tookMs) / 60_000) + alone
  const facts = `${admitted} of ${statuses.length} in ${Math.round(tookMs)} ms, ${alone} of them decided without Redis`
  t.true(admitted <= allowed, `${facts}: ${allowed} allowed`)
  // What lies unused in each of four gateways may be a fortieth of the maximum, and so much is lost with an answer that Redis gave too late.
  const lease = browseMaximum / 40
  t.true(admitted >= browseMaximum - (4 + alone) * lease, facts)
})

test.serial('a refusal of a large limit says when to retry, and the retry is admitted', async (t) => {
  const refused = await untilRefused(() => ask(`${system.url}/events`))
  t.is(refused.headers.get('ratelimit-policy'), `"browse";q=${browseMaximum};w=60`)
  t.regex(refused.headers.get('ratelimit') ?? '', /^"browse";r=0;t=[123]$/)
  t.is(refused.headers.get('x-ratelimit-limit'), String(browseMaximum))
  t.is(refused.headers.get('x-ratelimit-remaining'), '0')
  t.true(Number(refused.headers.get('x-ratelimit-reset')) * 1_000 > Date.now() - 1_000)
  const seconds = Number(refused.headers.get('retry-after'))
  // Until leases lapse nothing grows again, which takes two seconds at most, and then a token takes a part of one.
  t.true(seconds >= 1 && seconds <= 3, `${seconds}`)
  await pause(seconds * 1_000)
  const admitted = await ask(`${system.url}/events`)
  t.is(admitted.status, 200)
  t.regex(admitted.headers.get('ratelimit') ?? '', /^"browse";r=\d+;t=\d+$/)
  t.regex(admitted.headers.get('x-ratelimit-remaining') ?? '', /^\d+$/)
})

async function untilRefused(request: () => ReturnType<typeof ask>): ReturnType<typeof ask> {
  for (let i = 0; i < 2_000; i++) {
    const answer = await request()
    if (answer.status === 429) return answer
  }
  throw new Error('nothing was refused')
}
