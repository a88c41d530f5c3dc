import test from 'ava'
import { runScript } from '../support/command.ts'
import { createTestDatabase } from '../support/database.ts'
import { launch, readRunning } from '../support/launcher.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const patience = { timeoutMs: 50_000 }
const script = 'infra/trace/trace-command.ts'

test('one command shows all that was done for a request, by every process, also after the system has stopped', async (t) => {
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
  t.deepEqual(running.tracing, { otlp_url: null, sample_ratio: '1' })
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

  const list = await trace()
  t.regex(list.output, /POST \/purchase .* my-purchase\n/)
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
