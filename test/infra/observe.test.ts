import test from 'ava'
import { launch, readRunning } from '../support/launcher.ts'
import { startProcess } from '../support/process.ts'
import { askPrometheus, exemplarsOf, query } from '../support/prometheus.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

test('`npm start -- --observe` adds a Prometheus that reads every process, those started by hand too, with exemplars and our alerts', async (t) => {
  t.timeout(180_000)
  const patience = { timeoutMs: 90_000, everyMs: 200 }
  const dataDirectory = await createTestDirectory('observe')
  const launcher = launch(dataDirectory, ['--port', '0', '--gateways', '2', '--observe'], {
    OTEL_SDK_DISABLED: 'false',
  })
  t.teardown(() => launcher.process.kill('SIGTERM'))
  await until('the system is ready', () => launcher.output().includes('Ready after'), patience)
  const { prometheus_url: url = '', gateways } = readRunning(dataDirectory)
  t.true(launcher.output().includes(`cache hits per second   ${url}/`))

  const known = async (): Promise<string[]> => {
    const samples = await query({ url }, 'nats_connected')
    return samples.map(({ labels }) => `${labels.job} ${labels.instance}`).sort()
  }
  await until('all processes are read', async () => (await known()).length === 6, patience)
  t.deepEqual(await known(), [
    'auditor auditor-1',
    'booking-worker booking-1',
    'event-worker event-1',
    'gateway gateway-1',
    'gateway gateway-2',
    'purchase-worker purchase-1',
  ])
  const joining = await startProcess({ kind: 'booking', instance: 'booking-2', env: { DATA_DIR: dataDirectory } })
  await until('it is read', async () => (await known()).includes('booking-worker booking-2'), patience)
  await joining.kill()
  // A Prometheus marks series as stale whose target is gone.
  await until('it is forgotten', async () => !(await known()).includes('booking-worker booking-2'), patience)
  const { groups } = await askPrometheus<{ groups: { name: string }[] }>(url, 'rules')
  t.true(groups.some(({ name }) => name === 'invariants'))

  t.is((await fetch(`${gateways[0]}/purchase`, { method: 'POST' })).status, 201)
  const exemplars = () => exemplarsOf(url, 'provider_request_duration_seconds')
  await until('the purchase left an exemplar', async () => (await exemplars()).length > 0, patience)

  launcher.process.kill('SIGTERM')
  t.is(await launcher.ended, 0)
})
