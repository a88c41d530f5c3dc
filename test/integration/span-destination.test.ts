import { once } from 'node:events'
import { createServer } from 'node:net'
import test from 'ava'
import { freePort } from '../../infra/system/free-port.ts'
import { spanDestination } from '../../infra/system/launcher/span-destination.ts'

test('spans go to whom the environment names, else to whoever listens on the well-known port, else to our own store', async (t) => {
  const nobody = await freePort()
  const own = await spanDestination({}, nobody)
  t.true(own?.ownPort !== null && own?.url === `http://127.0.0.1:${own?.ownPort}`)

  const jaeger = createServer().listen(0, '127.0.0.1')
  await once(jaeger, 'listening')
  t.teardown(() => jaeger.close())
  const address = jaeger.address()
  const port = typeof address === 'object' && address ? address.port : 0
  t.deepEqual(await spanDestination({}, port), { url: `http://127.0.0.1:${port}`, ownPort: null })

  const url = 'http://collector:4317'
  t.deepEqual(await spanDestination({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, port), { url, ownPort: null })
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other:4317', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url }
  t.deepEqual(await spanDestination(traces, port), { url, ownPort: null })
})

test('where no spans are made, they go nowhere and nothing keeps them', async (t) => {
  for (const disabled of ['true', '1', 'yes']) t.is(await spanDestination({ OTEL_SDK_DISABLED: disabled }), null)
  t.not(await spanDestination({ OTEL_SDK_DISABLED: 'false' }), null)
})
