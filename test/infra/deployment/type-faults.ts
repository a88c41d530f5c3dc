import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../../infra/config.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { gatewayApi, type Manifest } from './kubernetes-manifests.ts'

const run = promisify(execFile)
const modules = join(projectRoot, 'node_modules')

/**
 * What the types of the Kubernetes API say against manifests: members that do not exist, are missing or of another kind. Each is
 * written down as a literal of its type, and the TypeScript compiler judges.
 */
export async function typeFaults(manifests: readonly Manifest[]): Promise<string[]> {
  const directory = await createTestDirectory('manifests')
  const isTyped = ({ apiVersion }: Manifest): boolean => !apiVersion.startsWith('gateway.')
  const untyped = manifests.filter((manifest) => !isTyped(manifest)).flatMap((manifest) => gatewayFaults(manifest))
  const files = manifests.filter(isTyped).map((manifest, index) => [`manifest-${index}.ts`, literal(manifest)] as const)
  for (const [name, text] of files) await writeFile(join(directory, name), text)
  const compilerOptions = {
    ...{ noEmit: true, strict: true, skipLibCheck: true, exactOptionalPropertyTypes: true },
    ...{ module: 'esnext', moduleResolution: 'bundler', target: 'es2024', types: [] },
    paths: { 'kubernetes-types/*': [join(modules, 'kubernetes-types/*')] },
  }
  const project = join(directory, 'tsconfig.json')
  await writeFile(project, JSON.stringify({ compilerOptions, files: files.map(([name]) => name) }))
  const output = await compile(project)
  return [...untyped, ...output.split('\n').filter((line) => line.includes('error TS'))]
}

function gatewayFaults(manifest: Manifest): string[] {
  const { error } = gatewayApi.safeParse(manifest)
  return (error?.issues ?? []).map(({ path, message }) => `${manifest.kind} ${path.join('.')}: ${message}`)
}

async function compile(project: string): Promise<string> {
  try {
    await run(join(modules, '.bin/tsc'), ['--project', project, '--pretty', 'false'], { timeout: 50_000 })
    return ''
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    if (!stdout.includes('error TS')) throw new Error(`the compiler did not run: ${stdout}${stderr}`, { cause: error })
    return stdout
  }
}

/** `apps/v1` of `Deployment` is where its type stands; `v1` alone is the group that the package calls `core`. */
function literal(manifest: Manifest): string {
  const { apiVersion, kind, metadata } = manifest
  const [version = '', group = 'core'] = apiVersion.split('/').toReversed()
  const place = `kubernetes-types/${group.replace('.k8s.io', '')}/${version}`
  return [
    `// ${kind} ${metadata.name}`,
    `import type { ${kind} } from '${place}'`,
    `export const manifest: ${kind} = ${JSON.stringify(manifest, null, 2)}`,
  ].join('\n')
}
