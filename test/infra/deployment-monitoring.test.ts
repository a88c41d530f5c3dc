import '../support/few-at-a-time.ts'
import test from 'ava'
import type { Edit } from '../support/edits.ts'
import { readCompose } from './deployment/compose-file.ts'
import { type Manifest, Manifests, manifestsOf } from './deployment/kubernetes-manifests.ts'
import { kubernetesFaults } from './deployment/kubernetes-rules.ts'
import { blockedWays, counterpartFaults, replicaFaults } from './deployment/monitoring-rules.ts'
import { type Mistakes, planted } from './deployment/planted.ts'

const monitoring = (...edits: readonly Edit[]): Promise<readonly Manifest[]> => manifestsOf('monitoring', ...edits)

/** The application and its monitoring. */
async function cluster(...edits: readonly Edit[]) {
  const [application, watchers] = await Promise.all([
    manifestsOf('overlays/production', ...edits),
    monitoring(...edits),
  ])
  return new Map([
    ['ticketing', new Manifests(application)],
    ['observability', new Manifests(watchers)],
  ])
}

test('monitoring runs confined, probed and spread', async (t) => {
  const manifests = await monitoring()
  t.deepEqual(kubernetesFaults(manifests), [])
  const owners = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
  t.deepEqual(owners.map(({ metadata }) => metadata.name).sort(), [
    ...['alertmanager', 'grafana', 'jaeger', 'otel-collector'],
    ...['prometheus-global', 'prometheus-local', 'tempo', 'thanos-querier'],
  ])
})

test('monitoring is what compose runs: the same images, options, files and names of replicas', async (t) => {
  const all = new Manifests(await monitoring())
  const compose = await readCompose()
  t.deepEqual(counterpartFaults(all, compose), [])
  t.deepEqual(replicaFaults(all, compose), [])
})

test('every process, Prometheus, store and data source is reached by its clients', async (t) => {
  t.deepEqual(blockedWays(await cluster()), [])
})

async function everyFault(edit: Edit): Promise<string> {
  const [whole, compose] = await Promise.all([cluster(edit), readCompose()])
  const watchers = whole.get('observability') ?? new Manifests([])
  return [
    ...kubernetesFaults(watchers.all),
    ...counterpartFaults(watchers, compose),
    ...replicaFaults(watchers, compose),
    ...blockedWays(whole),
  ].join('\n')
}

const mistakes: Mistakes = {
  'monitoring/grafana.yaml': [
    ['path: /api/health, port: http', 'path: /api/health, port: web', /grafana: a probe asks the unknown port web/],
    ['key: admin-password', 'key: password', /nothing holds GF_SECURITY_ADMIN_PASSWORD/],
  ],
  'monitoring/patches/every-prometheus.yaml': [
    ['livenessProbe:', 'ignored:', /prometheus-local: no liveness probe/],
    ['prometheus:v3.13.4', 'prometheus:v3.13.3', /v3\.13\.3 is not compose's/],
    ['ordinals: { start: 1 }', 'ordinals: { start: 0 }', /prometheus-local-2: leads to no pods/],
  ],
  'monitoring/tempo.yaml': [['- { name: data, mountPath', '- { name: traces, mountPath', /there is no volume traces/]],
  'monitoring/thanos-querier.yaml': [
    ['            - --query.replica-label=global_replica\n', '', /thanos-querier: is not told compose's/],
    [
      'kind: Service\nmetadata:\n  name: thanos-querier',
      'kind: Service\nmetadata:\n  name: thanos',
      /grafana to thanos-querier:10902: nobody listens there/,
    ],
  ],
  '../prometheus/kustomization.yaml': [['      - rules/payments.yml\n', '', /rules\/payments\.yml is not the file/]],
  '../grafana/kustomization.yaml': [
    ['      - generated/dashboards/selling.json\n', '', /selling\.json is not the file/],
  ],
  'monitoring/prometheus-global.yaml': [
    [
      'mountPath: /etc/prometheus/rules/global',
      'mountPath: /etc/prometheus/rules',
      /rules\/global\/watchers\.yml is not the file/,
    ],
  ],
  'monitoring/prometheus-local.yaml': [
    ['local-$(ORDINAL)', 'prometheus-local-$(ORDINAL)', /REPLICA is prometheus-local-1, in compose local-1/],
    ['  clusterIP: None\n', '', /prometheus-local: hides its pods behind one address/],
  ],
  'base/metrics.yaml': [
    [
      'name: booking-worker-metrics',
      'name: metrics-of-booking',
      /prometheus-local to booking-worker:9464: nobody listens there/,
    ],
    ['port: 9464', 'port: 80', /prometheus-local to gateway:9464: nobody listens there/],
  ],
  'monitoring/network-policies.yaml': [
    [
      'values: [prometheus-local, prometheus-global, thanos-querier, jaeger, tempo]',
      'values: [prometheus-local, prometheus-global, thanos-querier, tempo]',
      /grafana to jaeger:16686: is not let out/,
    ],
    [
      'values: [prometheus-global, grafana]',
      'values: [grafana]',
      /prometheus-global to prometheus-local-1:9090: is not let in/,
    ],
    [
      '    - from:\n        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ticketing } }',
      '    - from:\n        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: tickets } }',
      /gateway to otel-collector\.observability:4317: is not let in/,
    ],
  ],
}

for (const { title, found, edit } of planted(mistakes)) {
  test(`a cluster watched with ${title} is found out`, async (t) => {
    t.regex(await everyFault(edit), found)
  })
}
