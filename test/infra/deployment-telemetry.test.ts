import test from 'ava'
import { composeFile } from './deployment/compose-file.ts'
import { type TelemetryTexts, telemetryFaults, telemetryTexts } from './deployment/telemetry-rules.ts'
import { blindLooks, type Look, looks } from './deployment/watching.ts'

test('spans find their way from the processes through the collector to Jaeger and Tempo', async (t) => {
  t.deepEqual(telemetryFaults(telemetryTexts(), await composeFile()), [])
})

test('whatever Prometheus scrapes and Grafana asks is there, on a network that they share', async (t) => {
  const compose = await composeFile()
  t.deepEqual(blindLooks(looks(), compose), [])
  t.true(looks().length > 10)
  const wrong: Look[] = [
    { from: 'prometheus-local-1', at: 'event-worker:9465' },
    { from: 'prometheus-local-1', at: 'events:9464' },
    { from: 'grafana', at: 'gateway:8080' },
  ]
  t.deepEqual(blindLooks(wrong, compose), wrong)
})

interface Mistake {
  readonly file: keyof TelemetryTexts
  readonly from: string
  readonly to: string
  readonly found: RegExp
}

const mistakes: readonly Mistake[] = [
  { file: 'otel-collector/collector.yaml', from: 'receivers:\n', to: 'receviers:\n', found: /receviers|receivers/ },
  {
    file: 'otel-collector/collector.yaml',
    from: 'send_batch_size',
    to: 'batch_size',
    found: /processors\.batch: .*"batch_size"/,
  },
  { file: 'otel-collector/collector.yaml', from: '[otlp_grpc/jaeger, ', to: '[otlp, ', found: /otlp is not among the exporters/ },
  {
    file: 'otel-collector/collector.yaml',
    from: '[memory_limiter, batch]',
    to: '[batch]',
    found: /memory_limiter .* is not used/,
  },
  {
    file: 'otel-collector/collector.yaml',
    from: '[memory_limiter, batch]',
    to: '[batch, memory_limiter]',
    found: /run out of memory/,
  },
  {
    file: 'otel-collector/collector.yaml',
    from: '0.0.0.0:4317',
    to: '0.0.0.0:4318',
    found: /does not listen where processes send/,
  },
  {
    file: 'otel-collector/collector.yaml',
    from: 'tempo:4317',
    to: 'tempo:3200',
    found: /nobody receives spans at tempo:3200/,
  },
  { file: 'jaeger/jaeger.yaml', from: 'traces: recent', to: 'traces: latest', found: /there is no store latest/ },
  { file: 'jaeger/jaeger.yaml', from: '0.0.0.0:16686', to: '0.0.0.0:16687', found: /does not publish its page/ },
  { file: 'jaeger/jaeger.yaml', from: '0.0.0.0:13133', to: '0.0.0.0:13134', found: /health check asks another port/ },
  { file: 'tempo/tempo.yaml', from: 'block_retention', to: 'retention', found: /block_retention/ },
  {
    file: 'tempo/tempo.yaml',
    from: 'http_listen_port: 3200',
    to: 'http_listen_port: 3201',
    found: /not expose port 3201/,
  },
  { file: 'tempo/tempo.yaml', from: '/var/tempo/blocks', to: '/tmp/blocks', found: /\/tmp\/blocks is on no volume/ },
]

for (const { file, from, to, found } of mistakes) {
  test(`${to.trim()} in ${file} is found out`, async (t) => {
    const texts = telemetryTexts()
    t.true(texts[file].includes(from), `there is no ${from} any more`)
    const edited = { ...texts, [file]: texts[file].replace(from, to) }
    t.regex(telemetryFaults(edited, await composeFile()).join('\n'), found)
  })
}
