import test from 'ava'
import { runScript } from '../support/command.ts'
import { createTestDatabase } from '../support/database.ts'
import { launch, readRunning } from '../support/launcher.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const patience = { timeoutMs: 50_000 }
const script = 'infra/span-store/trace-command.ts'

test('one command shows all that was done for a request, whoever did it, also after the span store was killed', async (t) => {
  const dataDirectory = await createTestDirectory('traces')
  const trace = (...args: string[]) => runScript(script, args, { DATA_DIR: dataDirectory })
  const before = await trace('my-purchase')
  t.is(before.code, 1)
  t.regex(before.output, /No system is running/)

  const database = await createTestDatabase()
  const launcher = launch(dataDirectory, ['--port', '0'], { OTEL_SDK_DISABLED: 'false', DATABASE_URL: database.url })
  t.teardown(async () => {
    launcher.process.kill('SIGTERM')
    await launcher.ended
    await database.drop()
  })
  await until('the system is ready', () => launcher.output().includes('Ready after'), patience)
  const running = readRunning(dataDirectory)
  t.like(running.tracing, { sample_ratio: '1', kept: true })
  const buy = (requestId: string) =>
    fetch(`${running.gateways[0]}/purchase`, { method: 'POST', headers: { 'x-request-id': requestId } })

  t.is((await buy('my-purchase')).status, 201)
  const { code, output } = await trace('my-purchase')
  t.is(code, 0)
  t.regex(output, /^POST \/purchase {3}201 {3}answered in/)
  for (const instance of ['gateway-1', 'purchase-1', 'booking-1', 'payment-sandbox-1'])
    t.true(output.includes(instance))
  t.regex(output, /└─ process ticketing\.v1\.purchase\.purchase-hold/)
  t.notRegex(output, /was not recorded/)

  const store = running.processes.find(({ instance }) => instance === 'span-store')
  process.kill(store?.pid ?? 0, 'SIGKILL')
  t.is((await buy('without-store')).status, 201)
  await until('the span store is back', () => launcher.output().includes('[span-store] is back'), patience)
  // Senders find it again when they next try, each in its own time.
  await until(
    'spans are kept again',
    async () => {
      t.is((await buy('with-store-again')).status, 201)
      return (await trace('with-store-again')).code === 0
    },
    patience,
  )
  const list = await trace()
  t.regex(list.output, /POST \/purchase .* my-purchase\n/)
  t.regex(list.output, /POST \/purchase .* with-store-again\n/)
  const unknown = await trace('never-sent')
  t.is(unknown.code, 1)
  t.regex(unknown.output, /No request never-sent is known/)

  launcher.process.kill('SIGTERM')
  t.is(await launcher.ended, 0)
  const afterwards = await trace('my-purchase')
  t.is(afterwards.code, 0)
  const traceId = /trace ([\da-f]{32})/.exec(afterwards.output)?.[1] ?? ''
  t.is((await trace(traceId)).output, afterwards.output)
})
