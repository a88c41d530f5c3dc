import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.d.ts'
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.d.ts'
import type { Job } from 'kubernetes-types/batch/v1.d.ts'
import type {
  ConfigMap,
  Namespace,
  PodTemplateSpec,
  Secret,
  Service,
  ServiceAccount,
} from 'kubernetes-types/core/v1.d.ts'
import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1.d.ts'
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { projectRoot } from '../../../infra/config.ts'
import { applyEdits, type Edit } from '../../support/edits.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { outputOf } from './output-of.ts'

type Whole<T> = T & { readonly metadata: ObjectMeta & { readonly name: string } } & Required<
    Pick<T, keyof T & ('apiVersion' | 'kind' | 'spec')>
  >

const named = z.strictObject({ name: z.string(), namespace: z.string() })
const route = z.strictObject({
  parentRefs: z.array(z.strictObject({ name: z.string() })),
  hostnames: z.array(z.string()),
  rules: z.array(
    z.strictObject({
      matches: z.array(z.strictObject({ path: z.strictObject({ type: z.literal('PathPrefix'), value: z.string() }) })),
      filters: z.array(
        z.strictObject({
          type: z.literal('RequestHeaderModifier'),
          requestHeaderModifier: z.strictObject({ remove: z.array(z.string()) }),
        }),
      ),
      timeouts: z.strictObject({ request: z.string().regex(/^\d+s$/) }),
      backendRefs: z.array(z.strictObject({ name: z.string(), port: z.int() })),
    }),
  ),
})
const listener = z.strictObject({
  ...{ name: z.string(), hostname: z.string(), protocol: z.literal('HTTPS'), port: z.int() },
  tls: z.strictObject({ certificateRefs: z.array(z.strictObject({ name: z.string() })) }),
})

/** What we use of the Gateway API, for which no package has types. */
export const gatewayApi = z.discriminatedUnion('kind', [
  z.strictObject({
    apiVersion: z.literal('gateway.networking.k8s.io/v1'),
    kind: z.literal('Gateway'),
    metadata: named,
    spec: z.strictObject({ gatewayClassName: z.string(), listeners: z.array(listener) }),
  }),
  z.strictObject({
    apiVersion: z.literal('gateway.networking.k8s.io/v1'),
    kind: z.literal('HTTPRoute'),
    metadata: named,
    spec: route,
  }),
])

/** What `infra/deploy/k8s` may describe. That it has the shape of its type is checked by `type-faults.ts`. */
export type Manifest =
  | z.output<typeof gatewayApi>
  | Whole<ConfigMap>
  | Whole<Deployment>
  | Whole<HorizontalPodAutoscaler>
  | Whole<Job>
  | Whole<Namespace>
  | Whole<NetworkPolicy>
  | Whole<PodDisruptionBudget>
  | Whole<Secret>
  | Whole<Service>
  | Whole<ServiceAccount>
  | Whole<StatefulSet>

export type ManifestOf<Kind extends Manifest['kind']> = Extract<Manifest, { readonly kind: Kind }>

/** All that an overlay makes, looked up by what one part says of another. */
export class Manifests {
  readonly all: readonly Manifest[]

  constructor(all: readonly Manifest[]) {
    this.all = all
  }

  ofKind<Kind extends Manifest['kind']>(kind: Kind): ManifestOf<Kind>[] {
    return this.all.filter((manifest): manifest is ManifestOf<Kind> => manifest.kind === kind)
  }

  find<Kind extends Manifest['kind']>(kind: Kind, name: string | undefined): ManifestOf<Kind> | undefined {
    return this.ofKind(kind).find(({ metadata }) => metadata.name === name)
  }

  /** The pods that a selector finds. */
  podsWith({ matchLabels = {}, matchExpressions = [] }: LabelSelector): PodTemplateSpec[] {
    const isSelected = (labels: Labels): boolean =>
      Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
      matchExpressions.every(({ key, values = [] }) => values.includes(labels[key] ?? ''))
    const owners = [...this.ofKind('Deployment'), ...this.ofKind('Job'), ...this.ofKind('StatefulSet')]
    return owners.filter((owner) => podLabels(owner).some(isSelected)).map(({ spec }) => spec.template)
  }
}

type Labels = Readonly<Record<string, string>>

/** What is written on the pods of one owner: those of a StatefulSet have a name each, by which a Service may choose one. */
function podLabels(owner: ManifestOf<'Deployment' | 'Job' | 'StatefulSet'>): Labels[] {
  const labels = owner.spec.template.metadata?.labels ?? {}
  if (owner.kind !== 'StatefulSet') return [labels]
  const { replicas = 1, ordinals } = owner.spec
  return Array.from({ length: replicas }, (_, index) => {
    const pod = `${owner.metadata.name}-${index + (ordinals?.start ?? 0)}`
    return { ...labels, 'statefulset.kubernetes.io/pod-name': pod }
  })
}

/** The label that says which program a pod runs. */
export const nameLabel = 'app.kubernetes.io/name'

/**
 * What kubectl makes of `infra/deploy/k8s/<folder>`, after edits in a copy of the files, whose paths begin at `infra/deploy/k8s`. Throws
 * what it says against them.
 */
export async function manifestsOf(
  folder: 'base' | 'monitoring' | 'overlays/production',
  ...edits: readonly Edit[]
): Promise<readonly Manifest[]> {
  const directory = await createTestDirectory('k8s')
  await cp(join(projectRoot, 'infra', 'deploy'), directory, { recursive: true })
  const copy = join(directory, 'k8s')
  await applyEdits(copy, edits)
  return parseAllDocuments(await outputOf('kubectl', ['kustomize', join(copy, folder)])).map((document) =>
    document.toJS(),
  )
}
