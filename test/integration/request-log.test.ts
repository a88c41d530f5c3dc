import test from 'ava'
import pg from 'pg'
import { forFile } from '../support/for-file.ts'
import { ask } from '../support/http.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

const system = sharedSystem()
const gateway = forFile(() => system.start('gateway', { OTEL_TRACES_SAMPLER_ARG: '0' }))

interface RequestLine {
  readonly request_id: string
  readonly status: number
  readonly duration_ms: number
}

function lines(): RequestLine[] {
  const output = gateway.output().trim().split('\n')
  return output.map((text) => JSON.parse(text)).filter(({ msg }) => msg === 'request')
}

const askAs = (id: string, path: string, json?: unknown) =>
  ask(`${gateway.url}${path}`, { headers: { 'x-request-id': id }, ...(json !== undefined && { json }) })

/** A public read that nobody made before, and that has to wait for the database longer than what counts as slow. */
async function readSlowly(id: string, limit: number): Promise<void> {
  const client = new pg.Client({ connectionString: system.databaseUrl })
  await client.connect()
  try {
    await client.query('BEGIN; LOCK TABLE event.events IN ACCESS EXCLUSIVE MODE')
    const answer = askAs(id, `/events?limit=${limit}`)
    await client.query('SELECT pg_sleep(0.7); COMMIT')
    await answer
  } finally {
    await client.end()
  }
}

// Serial: nobody reads meanwhile.
test.serial('public reads outside the sample are logged when slow, everything else always', async (t) => {
  // Asked for again and again: by a worker, from memory, and without a look at what was asked.
  for (let turn = 0; turn < 20; turn += 1) t.is((await askAs('public', `/events?city=${turn % 4}`)).status, 200)
  t.is((await askAs('personal', '/bookings?user_id=ann')).status, 200)
  t.is((await askAs('unknown', '/events/00000000-0000-4000-8000-000000000000')).status, 404)
  t.is((await askAs('write', '/session', {})).status, 400)
  // On a busy machine it may come too late to wait that long, or wait so long that it is refused.
  let reads = 0
  await until('a slow read is in the log', async () => {
    reads += 1
    await readSlowly('slow', reads)
    return lines().some(({ request_id, status }) => request_id === 'slow' && status === 200)
  })

  const told = lines()
  const ids = new Set(told.map(({ request_id }) => request_id))
  for (const id of ['personal', 'unknown', 'write']) t.true(ids.has(id), id)
  const ofPublicReads = told.filter(({ request_id }) => request_id === 'public' || request_id === 'slow')
  t.false(ofPublicReads.some(({ duration_ms, status }) => duration_ms < 500 && status === 200))
})
