import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../infra/config.ts'
import { requireProgram } from '../../../infra/system/programs/program.ts'
import { readTestConfig } from '../../support/config.ts'
import { applyEdits, type Edit } from '../../support/edits.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { exampleSettings, readCompose } from '../deployment/compose-file.ts'
import type { ContainerImage } from './image.ts'
import type { RunPlan, RunReport } from './run.ts'

export interface ComposeRun extends Pick<RunPlan, 'only'> {
  readonly image: ContainerImage
  /** Of files below `infra/deploy`. */
  readonly edits?: readonly Edit[]
  /** Instead of those of compose.env.example. */
  readonly settings?: Readonly<Record<string, string>>
  /** One of an earlier run, whose volumes are used again. */
  readonly directory?: string
  readonly patienceMs?: number
  readonly isShopping?: boolean
}

/** Where this machine is older than the images, or a test cannot wait so long. */
const here: readonly Edit[] = [
  // Debian's nginx asks for a name once, when it starts.
  { file: 'nginx/upstream.conf', from: 'server gateway:8080 resolve', to: 'server gateway:8080' },
  ...['local.yml', 'global.yml'].flatMap((file) => [
    { file: `prometheus/${file}`, from: 'scrape_interval: 15s', to: 'scrape_interval: 3s' },
    { file: `prometheus/${file}`, from: 'scrape_timeout: 10s', to: 'scrape_timeout: 3s' },
    { file: `prometheus/${file}`, from: 'evaluation_interval: 15s', to: 'evaluation_interval: 3s' },
  ]),
  { file: 'prometheus/local.yml', from: 'refresh_interval: 15s', to: 'refresh_interval: 1s' },
  { file: 'prometheus/rules/processes.yml', from: 'for: 2m', to: 'for: 1s' },
]

/** Runs services of compose, in namespaces that end with this run. Answers where their volumes are, too. */
export async function runCompose(asked: ComposeRun): Promise<RunReport & { readonly directory: string }> {
  if (process.getuid?.() !== 0)
    throw new Error('Containers are made of namespaces here, which only root may: run this test as root.')
  const directory = asked.directory ?? (await createTestDirectory('compose-run'))
  // The users of the containers must reach what is mounted.
  for (const folder of [readTestConfig().directory, directory]) await chmod(folder, 0o711)
  const deployFolder = join(directory, 'infra', 'deploy')
  await cp(join(projectRoot, 'infra', 'deploy'), deployFolder, { recursive: true })
  await applyEdits(deployFolder, [...here, ...(asked.edits ?? [])])
  const imports = join(directory, 'imports')
  await mkdir(imports, { recursive: true })
  await writeFile(join(imports, 'events.ndjson'), flatEvent)
  const settings = { ...exampleSettings(), IMPORT_FOLDER: imports, EDGE_PORT: '18080', ...asked.settings }
  const text = await readFile(join(deployFolder, 'compose.yaml'), 'utf8')
  const file = await readCompose({ text, directory: deployFolder, settings })
  const { image, only, patienceMs = 120_000, isShopping = false } = asked
  const postgresDirectory = (await requireProgram('postgres')).directory
  const files = { file, image, directory, postgresDirectory }
  const plan: RunPlan = { ...files, patienceMs, isShopping, ...(only && { only }) }
  return { ...(await runPlan(plan)), directory }
}

async function runPlan(plan: RunPlan): Promise<RunReport> {
  const [planFile, reportFile] = [join(plan.directory, 'plan.json'), join(plan.directory, 'report.json')]
  await writeFile(planFile, JSON.stringify(plan))
  const own = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const program = [process.execPath, join(import.meta.dirname, 'run.ts'), planFile, reportFile]
  const child = spawn('unshare', [...own, ...program], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the run ended with ${code}: ${said}`)
  return JSON.parse(await readFile(reportFile, 'utf8')) as RunReport
}

const flatEvent = `${JSON.stringify({
  ...{ id: 'one', eventName: 'Imported night', venueName: 'Container Hall', city: 'Berlin', country: 'Germany' },
  ...{ date: '2099-05-01', dateTime: '2099-05-01T18:00:00Z', priceMin: 20, priceMax: 20 },
})}\n`
