import '../support/few-at-a-time.ts'
import test from 'ava'
import type { Edit } from '../support/edits.ts'
import { type Manifest, manifestsOf } from './deployment/kubernetes-manifests.ts'
import { kubernetesFaults } from './deployment/kubernetes-rules.ts'
import { type Mistakes, type Planted, planted } from './deployment/planted.ts'
import { typeFaults } from './deployment/type-faults.ts'

const production = (...edits: readonly Edit[]): Promise<readonly Manifest[]> =>
  manifestsOf('overlays/production', ...edits)

test('every member of every manifest is one that Kubernetes knows', async (t) => {
  const all = await Promise.all([manifestsOf('base'), manifestsOf('monitoring'), production()])
  t.deepEqual(await typeFaults(all.flat()), [])
})

test('the production overlay runs all processes confined, probed, spread and with known settings only', async (t) => {
  const manifests = await production()
  t.deepEqual(kubernetesFaults(manifests), [])
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)
  t.deepEqual(deployments, ['auditor', 'booking-worker', 'event-worker', 'gateway', 'purchase-worker'])
})

test('kubectl refuses a patch whose target is not there', async (t) => {
  const edit = { file: 'base/kustomization.yaml', from: 'patches/every-pod.yaml', to: 'patches/any-pod.yaml' }
  await t.throwsAsync(production(edit), { message: /any-pod\.yaml/ })
})

const misspelt: Mistakes = {
  'base/gateway.yaml': [
    ['failureThreshold: 30', 'failureTreshold: 30', /failureTreshold/],
    ['maxUnavailable: 1', 'maxUnavailible: 1', /maxUnavailible/],
    ['containerPort: 8080', 'containerPort: "8080"', /TS2322/],
  ],
  'base/migrate.yaml': [['backoffLimit: 4', 'backOffLimit: 4', /backOffLimit/]],
  'base/event-worker.yaml': [['averageValue: 300m', 'average: 300m', /average/]],
  'base/network-policies.yaml': [['policyTypes', 'policyType', /policyType/]],
  'base/patches/every-pod.yaml': [['seccompProfile', 'seccomp', /seccomp/]],
  'overlays/production/http-route.yaml': [['parentRefs', 'parentRef', /HTTPRoute .*parentRef/]],
}

test('members that are misspelt, missing or of the wrong kind are found', async (t) => {
  // Many at once, as the compiler takes seconds; what is wrong in every pod would hide others.
  const inEveryPod = ({ edit }: Planted): boolean => edit.file.includes('/patches/')
  for (const mistakes of Map.groupBy(planted(misspelt), inEveryPod).values()) {
    const faults = (await typeFaults(await production(...mistakes.map(({ edit }) => edit)))).join('\n')
    for (const { title, found } of mistakes) t.regex(faults, found, title)
  }
})

const mistakes: Mistakes = {
  'base/kustomization.yaml': [
    ['- PORT=8080', '- HTTP_PORT=8080', /does not know HTTP_PORT/],
    ['- PORT=8080', '- PORT=8081', /port 8080, where nobody listens/],
  ],
  'overlays/production/kustomization.yaml': [
    ['AUTH=jwt', 'AUTH=jwks', /AUTH/],
    ['- JWT_JWKS_URL=', '- JWT_ISSUER_URL=', /JWT_JWKS_URL/],
    ['newTag: 0.1.0', 'newTag: latest', /ticketing:latest is not pinned/],
    ['minReplicas, value: 3', 'minReplicas, value: 1', /leaves one pod alone/],
  ],
  'base/booking-worker.yaml': [['key: redis-url', 'key: redis', /nothing holds REDIS_URL/]],
  'base/gateway.yaml': [
    ['path: /livez, port: http', 'path: /livez, port: web', /unknown port web/],
    ['livenessProbe:', 'ignored:', /no liveness probe/],
    ['terminationGracePeriodSeconds: 40', 'terminationGracePeriodSeconds: 25', /gateway: is killed too early/],
    ['  selector:\n    matchLabels', '  replicas: 2\n  selector:\n    matchLabels', /resets what its autoscaler/],
    ['targetPort: http', 'targetPort: web', /Service gateway: no pod has a port web/],
  ],
  'base/patches/every-worker.yaml': [['/livez', '/healthz', /event-worker: a probe asks \/healthz/]],
  'base/auditor.yaml': [['limits: { cpu: "1", memory: 512Mi }', 'limits: { cpu: "1" }', /auditor: no limit of memory/]],
  'base/patches/every-pod.yaml': [
    ['runAsNonRoot: true', 'runAsNonRoot: false', /may run as root/],
    ['drop: [ALL]', 'drop: [CHOWN]', /keeps capabilities/],
    ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', /may write into its image/],
    ['automountServiceAccountToken: false', 'automountServiceAccountToken: true', /token of the cluster/],
  ],
  'base/patches/every-deployment.yaml': [['maxUnavailable: 0', 'maxUnavailable: 1', /before others are ready/]],
  'base/purchase-worker.yaml': [
    [
      'maxUnavailable: 1\n  selector:\n    matchLabels: { app.kubernetes.io/name: purchase-worker }',
      'maxUnavailable: 1\n  selector:\n    matchLabels: { app.kubernetes.io/name: purchasing }',
      /purchase-worker: may be evicted all at once/,
    ],
  ],
  'base/event-worker.yaml': [
    ['kind: Deployment, name: event-worker', 'kind: Deployment, name: events', /there is no Deployment events/],
  ],
  'base/network-policies.yaml': [
    [
      'values: [gateway, booking-worker, auditor]',
      'values: [gateway, bookings, auditor]',
      /there are no pods bookings/,
    ],
    [
      '    - from:\n        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: envoy-gateway-system } }\n      ports',
      '    - ports',
      /open for everybody/,
    ],
  ],
  'overlays/production/http-route.yaml': [['port: 80 }', 'port: 8080 }', /no port 8080 of a Service gateway/]],
  'overlays/production/namespace.yaml': [['kind: Namespace', 'kind: Secret', /does not belong into the tree/]],
}

for (const { title, found, edit } of planted(mistakes)) {
  test(`a cluster with ${title} is found out`, async (t) => {
    t.regex(kubernetesFaults(await production(edit)).join('\n'), found)
  })
}
