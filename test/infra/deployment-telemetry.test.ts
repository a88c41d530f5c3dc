import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { projectRoot } from '../../infra/config.ts'
import { type Edit, edited } from '../support/edits.ts'
import { readCompose } from './deployment/compose-file.ts'
import { type Mistakes, planted } from './deployment/planted.ts'
import { spanFaults, spanFiles } from './deployment/span-rules.ts'
import { blindLooks, type Look, looks } from './deployment/watching.ts'

/* Collector, Jaeger, Tempo and Grafana are not run: what their files say of each other is compared. */

/** What is wrong with the files of spans, after a change of one. */
async function faultsOf(edit?: Edit): Promise<string[]> {
  const [collector, jaeger, tempo] = spanFiles.map((name) => {
    const text = readFileSync(join(projectRoot, 'infra', 'deploy', name), 'utf8')
    return parse(edit?.file === name ? edited(text, edit) : text)
  })
  return spanFaults({ collector, jaeger, tempo, compose: await readCompose() })
}

test('spans find their way from the processes through the collector to Jaeger and Tempo', async (t) => {
  t.deepEqual(await faultsOf(), [])
})

test('every target of Prometheus and data source of Grafana exists, on a network that they share', async (t) => {
  const compose = await readCompose()
  t.deepEqual(blindLooks(looks(), compose), [])
  t.true(looks().length > 10)
  const wrong: Look[] = [
    { from: 'prometheus-local-1', at: 'event-worker:9465' },
    { from: 'prometheus-local-1', at: 'events:9464' },
    { from: 'grafana', at: 'gateway:8080' },
  ]
  t.deepEqual(blindLooks(wrong, compose), wrong)
})

const mistakes: Mistakes = {
  'otel-collector/collector.yaml': [
    ['[otlp_grpc/jaeger, ', '[otlp, ', /otlp is not among the exporters/],
    ['[memory_limiter, batch]', '[batch]', /memory_limiter .* is not used/],
    ['[memory_limiter, batch]', '[batch, memory_limiter]', /run out of memory/],
    ['0.0.0.0:4317', '0.0.0.0:4318', /nobody receives spans at otel-collector:4317/],
    ['tempo:4317', 'tempo:3200', /nobody receives spans at tempo:3200/],
  ],
  'jaeger/jaeger.yaml': [
    ['traces: recent', 'traces: latest', /there is no store latest/],
    ['0.0.0.0:16686', '0.0.0.0:16687', /does not publish its page/],
    ['0.0.0.0:13133\n  jaeger_storage', '0.0.0.0:13134\n  jaeger_storage', /health check asks another port/],
  ],
  'tempo/tempo.yaml': [
    ['http_listen_port: 3200', 'http_listen_port: 3201', /not expose port 3201/],
    ['/var/tempo/blocks', '/tmp/blocks', /\/tmp\/blocks is on no volume/],
  ],
}

for (const { title, edit, found } of planted(mistakes)) {
  test(`${title} is found out`, async (t) => {
    t.regex((await faultsOf(edit)).join('\n'), found)
  })
}
