import test from 'ava'
import { type Edit, type Manifest, manifestsOf, render } from './deployment/kubernetes-manifests.ts'
import { kubernetesFaults } from './deployment/kubernetes-rules.ts'
import { typeFaults } from './deployment/type-faults.ts'

const production = (edit?: Edit): Promise<readonly Manifest[]> => manifestsOf('overlays/production', edit)

test('every member of every manifest is one that Kubernetes knows', async (t) => {
  const all = await Promise.all([manifestsOf('base'), manifestsOf('monitoring'), production()])
  t.deepEqual(await typeFaults(all.flat()), [])
})

test('the production overlay runs all processes confined, probed, spread and told nothing that they do not know', async (t) => {
  const manifests = await production()
  t.deepEqual(kubernetesFaults(manifests), [])
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)
  t.deepEqual(deployments, ['auditor', 'booking-worker', 'event-worker', 'gateway', 'purchase-worker'])
})

test('kubectl refuses a patch whose target is not there', async (t) => {
  const edit = { file: 'base/kustomization.yaml', from: 'patches/every-pod.yaml', to: 'patches/any-pod.yaml' }
  const rendered = await render('overlays/production', edit)
  t.regex('refused' in rendered ? rendered.refused : '', /any-pod\.yaml/)
})

const misspelt: readonly (Edit & { readonly found: RegExp })[] = [
  { file: 'base/gateway.yaml', from: 'failureThreshold: 30', to: 'failureTreshold: 30', found: /failureTreshold/ },
  { file: 'base/gateway.yaml', from: 'maxUnavailable: 1', to: 'maxUnavailible: 1', found: /maxUnavailible/ },
  { file: 'base/gateway.yaml', from: 'containerPort: 8080', to: 'containerPort: "8080"', found: /TS2322/ },
  { file: 'base/migrate.yaml', from: 'backoffLimit: 4', to: 'backOffLimit: 4', found: /backOffLimit/ },
  { file: 'base/event-worker.yaml', from: 'averageValue: 300m', to: 'average: 300m', found: /average/ },
  { file: 'base/network-policies.yaml', from: 'policyTypes', to: 'policyType', found: /policyType/ },
  { file: 'base/patches/every-pod.yaml', from: 'seccompProfile', to: 'seccomp', found: /seccomp/ },
  { file: 'overlays/production/http-route.yaml', from: 'parentRefs', to: 'parentRef', found: /HTTPRoute .*parentRef/ },
]

test('members that are misspelt, missing or of the wrong kind are found', async (t) => {
  for (const { found, ...edit } of misspelt) {
    t.regex((await typeFaults(await production(edit))).join('\n'), found, `${edit.to} in ${edit.file}`)
  }
})

const mistakes: readonly (Edit & { readonly mistake: string; readonly found: RegExp })[] = [
  {
    mistake: 'an unknown setting',
    file: 'base/kustomization.yaml',
    from: '- PORT=8080',
    to: '- HTTP_PORT=8080',
    found: /does not know HTTP_PORT/,
  },
  {
    mistake: 'a wrong value',
    file: 'overlays/production/kustomization.yaml',
    from: 'AUTH=jwt',
    to: 'AUTH=jwks',
    found: /AUTH/,
  },
  {
    mistake: 'a missing setting',
    file: 'overlays/production/kustomization.yaml',
    from: '- JWT_JWKS_URL=',
    to: '- JWT_ISSUER_URL=',
    found: /JWT_JWKS_URL/,
  },
  {
    mistake: 'a key that no Secret has',
    file: 'base/booking-worker.yaml',
    from: 'key: redis-url',
    to: 'key: redis',
    found: /nothing holds REDIS_URL/,
  },
  {
    mistake: 'another port than the process',
    file: 'base/kustomization.yaml',
    from: '- PORT=8080',
    to: '- PORT=8081',
    found: /port 8080, where nobody listens/,
  },
  {
    mistake: 'a probe of an unknown port',
    file: 'base/gateway.yaml',
    from: 'path: /livez, port: http',
    to: 'path: /livez, port: web',
    found: /unknown port web/,
  },
  {
    mistake: 'a probe of another path',
    file: 'base/patches/every-worker.yaml',
    from: '/livez',
    to: '/healthz',
    found: /event-worker: a probe asks \/healthz/,
  },
  {
    mistake: 'no liveness probe',
    file: 'base/gateway.yaml',
    from: 'livenessProbe:\n            httpGet: { path: /livez, port: http }\n            periodSeconds: 10\n            timeoutSeconds: 5\n',
    to: 'stdin: false\n',
    found: /no liveness probe/,
  },
  {
    mistake: 'an image of the latest version',
    file: 'overlays/production/kustomization.yaml',
    from: 'newTag: 0.1.0',
    to: 'newTag: latest',
    found: /ticketing:latest is not pinned/,
  },
  {
    mistake: 'a process without a limit of memory',
    file: 'base/auditor.yaml',
    from: 'limits: { cpu: "1", memory: 512Mi }',
    to: 'limits: { cpu: "1" }',
    found: /auditor: no limit of memory/,
  },
  {
    mistake: 'processes that may be root',
    file: 'base/patches/every-pod.yaml',
    from: 'runAsNonRoot: true',
    to: 'runAsNonRoot: false',
    found: /may run as root/,
  },
  {
    mistake: 'processes that keep capabilities',
    file: 'base/patches/every-pod.yaml',
    from: 'drop: [ALL]',
    to: 'drop: [CHOWN]',
    found: /keeps capabilities/,
  },
  {
    mistake: 'processes that may write into their image',
    file: 'base/patches/every-pod.yaml',
    from: 'readOnlyRootFilesystem: true',
    to: 'readOnlyRootFilesystem: false',
    found: /may write into its image/,
  },
  {
    mistake: 'a token of the cluster',
    file: 'base/patches/every-pod.yaml',
    from: 'automountServiceAccountToken: false',
    to: 'automountServiceAccountToken: true',
    found: /token of the cluster/,
  },
  {
    mistake: 'pods that go before others come',
    file: 'base/patches/every-deployment.yaml',
    from: 'maxUnavailable: 0',
    to: 'maxUnavailable: 1',
    found: /before others are ready/,
  },
  {
    mistake: 'no time to finish after preStop',
    file: 'base/gateway.yaml',
    from: 'terminationGracePeriodSeconds: 40',
    to: 'terminationGracePeriodSeconds: 25',
    found: /gateway: is killed too early/,
  },
  {
    mistake: 'replicas beside an autoscaler',
    file: 'base/gateway.yaml',
    from: '  selector:\n    matchLabels',
    to: '  replicas: 2\n  selector:\n    matchLabels',
    found: /resets what its autoscaler/,
  },
  {
    mistake: 'a Service that leads to no port',
    file: 'base/gateway.yaml',
    from: 'targetPort: http',
    to: 'targetPort: web',
    found: /Service gateway: no pod has a port web/,
  },
  {
    mistake: 'a budget for nothing',
    file: 'base/purchase-worker.yaml',
    from: 'kind: PodDisruptionBudget\nmetadata:\n  name: purchase-worker\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels: { app.kubernetes.io/name: purchase-worker }',
    to: 'kind: PodDisruptionBudget\nmetadata:\n  name: purchase-worker\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels: { app.kubernetes.io/name: purchasing }',
    found: /purchase-worker: may be evicted all at once/,
  },
  {
    mistake: 'an autoscaler of nothing',
    file: 'base/event-worker.yaml',
    from: 'kind: Deployment, name: event-worker',
    to: 'kind: Deployment, name: events',
    found: /there is no Deployment events/,
  },
  {
    mistake: 'a single pod',
    file: 'overlays/production/kustomization.yaml',
    from: 'minReplicas, value: 3',
    to: 'minReplicas, value: 1',
    found: /leaves one pod alone/,
  },
  {
    mistake: 'a policy for pods that are not there',
    file: 'base/network-policies.yaml',
    from: 'values: [gateway, booking-worker]',
    to: 'values: [gateway, bookings]',
    found: /there are no pods bookings/,
  },
  {
    mistake: 'a policy that lets everybody in',
    file: 'base/network-policies.yaml',
    from: '    - from:\n        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: gateway-system } }\n      ports',
    to: '    - ports',
    found: /open for everybody/,
  },
  {
    mistake: 'a route that leads nowhere',
    file: 'overlays/production/http-route.yaml',
    from: 'port: 80 }',
    to: 'port: 8080 }',
    found: /no port 8080 of a Service gateway/,
  },
  {
    mistake: 'a secret in the tree',
    file: 'overlays/production/namespace.yaml',
    from: 'kind: Namespace',
    to: 'kind: Secret',
    found: /does not belong into the tree/,
  },
]

for (const { mistake, found, ...edit } of mistakes) {
  test(`a cluster with ${mistake} is found out`, async (t) => {
    t.regex(kubernetesFaults(await production(edit)).join('\n'), found)
  })
}
