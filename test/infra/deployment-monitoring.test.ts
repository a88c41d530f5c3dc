import test from 'ava'
import { composeFile } from './deployment/compose-file.ts'
import { type Edit, type Manifest, Manifests, manifestsOf } from './deployment/kubernetes-manifests.ts'
import { kubernetesFaults } from './deployment/kubernetes-rules.ts'
import { blockedWays, counterpartFaults, replicaFaults } from './deployment/monitoring-rules.ts'

const monitoring = (edit?: Edit): Promise<readonly Manifest[]> => manifestsOf('monitoring', edit)

/** What watches, and beside it the application that it watches. */
async function cluster(edit?: Edit) {
  const [application, watchers] = await Promise.all([manifestsOf('overlays/production', edit), monitoring(edit)])
  return new Map([
    ['ticketing', new Manifests(application)],
    ['observability', new Manifests(watchers)],
  ])
}

test('what watches runs confined, probed and spread', async (t) => {
  const manifests = await monitoring()
  t.deepEqual(kubernetesFaults(manifests), [])
  const owners = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
  t.deepEqual(owners.map(({ metadata }) => metadata.name).sort(), [
    ...['alertmanager', 'grafana', 'jaeger', 'otel-collector', 'prometheus-global', 'prometheus-local', 'tempo', 'thanos-querier'],
  ])
})

test('it is what compose runs: the same images, options, files and names of replicas', async (t) => {
  const all = new Manifests(await monitoring())
  const compose = await composeFile()
  t.deepEqual(counterpartFaults(all, compose), [])
  t.deepEqual(replicaFaults(all, compose), [])
})

test('every process, every Prometheus, every store and data source is reached by whoever asks it', async (t) => {
  t.deepEqual(blockedWays(await cluster()), [])
})

type Mistake = Edit & { readonly mistake: string; readonly found: RegExp }

async function everyFault(edit: Edit): Promise<string> {
  const [whole, compose] = await Promise.all([cluster(edit), composeFile()])
  const watchers = whole.get('observability') ?? new Manifests([])
  return [
    ...kubernetesFaults(watchers.all),
    ...counterpartFaults(watchers, compose),
    ...replicaFaults(watchers, compose),
    ...blockedWays(whole),
  ].join('\n')
}

const mistakes: readonly Mistake[] = [
  {
    mistake: 'a probe of an unknown port',
    file: 'monitoring/grafana.yaml',
    from: 'path: /api/health, port: http',
    to: 'path: /api/health, port: web',
    found: /grafana: a probe asks the unknown port web/,
  },
  {
    mistake: 'a sidecar that nobody probes',
    file: 'monitoring/patches/every-prometheus.yaml',
    from: 'livenessProbe:\n            httpGet: { path: /-/healthy, port: sidecar }\n            periodSeconds: 10\n            timeoutSeconds: 5\n',
    to: 'stdin: false\n',
    found: /prometheus-local: no liveness probe/,
  },
  {
    mistake: 'a volume that is none',
    file: 'monitoring/tempo.yaml',
    from: '- { name: data, mountPath',
    to: '- { name: traces, mountPath',
    found: /there is no volume traces/,
  },
  {
    mistake: 'a key that no Secret has',
    file: 'monitoring/grafana.yaml',
    from: 'key: admin-password',
    to: 'key: password',
    found: /nothing holds GF_SECURITY_ADMIN_PASSWORD/,
  },
  {
    mistake: 'another version than compose',
    file: 'monitoring/patches/every-prometheus.yaml',
    from: 'prometheus:v3.13.4',
    to: 'prometheus:v3.13.3',
    found: /v3\.13\.3 is not compose's/,
  },
  {
    mistake: 'Thanos that sees every series twice',
    file: 'monitoring/thanos-querier.yaml',
    from: '            - --query.replica-label=global_replica\n',
    to: '',
    found: /thanos-querier: is not told compose's/,
  },
  {
    mistake: 'a file of rules that is not handed on',
    file: '../prometheus/kustomization.yaml',
    from: '      - rules/payments.yml\n',
    to: '',
    found: /rules\/payments\.yml is not the file/,
  },
  {
    mistake: 'a dashboard that is not handed on',
    file: '../grafana/kustomization.yaml',
    from: '      - generated/dashboards/selling.json\n',
    to: '',
    found: /selling\.json is not the file/,
  },
  {
    mistake: 'rules where Prometheus does not look',
    file: 'monitoring/prometheus-global.yaml',
    from: 'mountPath: /etc/prometheus/rules/global',
    to: 'mountPath: /etc/prometheus/rules',
    found: /rules\/global\/watchers\.yml is not the file/,
  },
  {
    mistake: 'replicas that count from 0',
    file: 'monitoring/patches/every-prometheus.yaml',
    from: 'ordinals: { start: 1 }',
    to: 'ordinals: { start: 0 }',
    found: /prometheus-local-2: leads to no pods/,
  },
  {
    mistake: 'replicas of another name',
    file: 'monitoring/prometheus-local.yaml',
    from: 'local-$(ORDINAL)',
    to: 'prometheus-local-$(ORDINAL)',
    found: /REPLICA is prometheus-local-1, in compose local-1/,
  },
  {
    mistake: 'a data source that no Service has',
    file: 'monitoring/thanos-querier.yaml',
    from: 'kind: Service\nmetadata:\n  name: thanos-querier',
    to: 'kind: Service\nmetadata:\n  name: thanos',
    found: /grafana to thanos-querier:10902: nobody listens there/,
  },
  {
    mistake: 'sidecars of which Thanos finds one only',
    file: 'monitoring/prometheus-local.yaml',
    from: '  clusterIP: None\n',
    to: '',
    found: /prometheus-local: hides its pods behind one address/,
  },
  {
    mistake: 'a process under another name',
    file: 'base/metrics.yaml',
    from: 'name: booking-worker-metrics',
    to: 'name: metrics-of-booking',
    found: /prometheus-local to booking-worker:9464: nobody listens there/,
  },
  {
    mistake: 'metrics on a port that local.yml does not ask',
    file: 'base/metrics.yaml',
    from: 'port: 9464',
    to: 'port: 80',
    found: /prometheus-local to gateway:9464: nobody listens there/,
  },
  {
    mistake: 'a way out that is forgotten',
    file: 'monitoring/network-policies.yaml',
    from: 'values: [prometheus-local, prometheus-global, thanos-querier, jaeger, tempo]',
    to: 'values: [prometheus-local, prometheus-global, thanos-querier, tempo]',
    found: /grafana to jaeger:16686: is not let out/,
  },
  {
    mistake: 'a way in that is forgotten',
    file: 'monitoring/network-policies.yaml',
    from: 'values: [prometheus-global, grafana]',
    to: 'values: [grafana]',
    found: /prometheus-global to prometheus-local-1:9090: is not let in/,
  },
  {
    mistake: 'spans that are not let in',
    file: 'monitoring/network-policies.yaml',
    from: '    - from:\n        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ticketing } }',
    to: '    - from:\n        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: tickets } }',
    found: /gateway to otel-collector\.observability:4317: is not let in/,
  },
]

for (const { mistake, found, ...edit } of mistakes) {
  test(`a cluster watched with ${mistake} is found out`, async (t) => {
    t.regex(await everyFault(edit), found)
  })
}
