import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts'
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
import type { Ingress, NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts'
import { parseAllDocuments } from 'yaml'
import { projectRoot } from '../../../infra/config.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { runProgram } from './run-program.ts'

type Whole<T> = T & { readonly metadata: ObjectMeta & { readonly name: string } } & Required<
    Pick<T, keyof T & ('apiVersion' | 'kind' | 'spec')>
  >

/** What `infra/k8s` may describe. That it has the shape of its type is checked by `type-faults.ts`. */
export type Manifest =
  | Whole<ConfigMap>
  | Whole<Deployment>
  | Whole<HorizontalPodAutoscaler>
  | Whole<Ingress>
  | Whole<Job>
  | Whole<Namespace>
  | Whole<NetworkPolicy>
  | Whole<PodDisruptionBudget>
  | Whole<Secret>
  | Whole<Service>
  | Whole<ServiceAccount>

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
    const templates = [...this.ofKind('Deployment'), ...this.ofKind('Job')].map(({ spec }) => spec.template)
    return templates.filter(({ metadata }) => {
      const labels = metadata?.labels ?? {}
      const isEqual = Object.entries(matchLabels).every(([name, value]) => labels[name] === value)
      return isEqual && matchExpressions.every(({ key, values = [] }) => values.includes(labels[key] ?? ''))
    })
  }
}

/** The application's name of a pod. */
export function nameOf({ metadata }: PodTemplateSpec): string | undefined {
  return metadata?.labels?.['app.kubernetes.io/name']
}

/** A change of one of the files below `infra/k8s`. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** What kubectl makes of the files, or what it says against them. */
export type Rendered = { readonly manifests: readonly Manifest[] } | { readonly refused: string }

/** Has kubectl put together what `infra/k8s/<folder>` describes, after an edit in a copy of the files. */
export async function render(folder: 'base' | 'overlays/production', edit?: Edit): Promise<Rendered> {
  const copy = join(await createTestDirectory('k8s'), 'k8s')
  await cp(join(projectRoot, 'infra/k8s'), copy, { recursive: true })
  if (edit) await applyEdit(copy, edit)
  const { failed, stdout, stderr } = await runProgram('kubectl', ['kustomize', join(copy, folder)])
  return failed ? { refused: stderr } : { manifests: parseAllDocuments(stdout).map((document) => document.toJS()) }
}

async function applyEdit(directory: string, { file, from, to }: Edit): Promise<void> {
  const path = join(directory, file)
  const text = await readFile(path, 'utf8')
  if (!text.includes(from)) throw new Error(`there is no ${from} in ${file} any more`)
  await writeFile(path, text.replace(from, to))
}
