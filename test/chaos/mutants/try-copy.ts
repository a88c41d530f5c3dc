import { randomUUID } from 'node:crypto'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot, readInfraConfig } from '../../../infra/config.ts'
import { type DatabaseUrls, roleOf } from '../../../infra/system/servers/database-users.ts'
import { withDatabase } from '../../../infra/with-database.ts'
import { runAva } from '../../runner/ava.ts'
import { runCommand } from '../../runner/command.ts'
import type { TestServers } from '../../runner/test-servers.ts'
import { applyEdit, type Edit } from './edit.ts'

export interface Trial {
  /** None: the project as it is. */
  readonly edits: readonly Edit[]
  readonly files: readonly string[]
  /** Parts of the titles of their tests to run. */
  readonly titles: readonly string[]
}

export interface TrialOptions {
  /** Of the copy. */
  readonly directory: string
  readonly servers: TestServers
  readonly stopping: AbortSignal
}

/** What the tests of a copy came to. */
export interface TestReport {
  readonly passed: number
  /** Titles. */
  readonly failed: readonly string[]
  /** What the run said. */
  readonly output: string
}

/** All that a process needs to run; nothing that a run leaves behind. */
const parts = ['gateway', 'workers', 'shared', 'infra', 'test', 'package.json', 'tsconfig.json']

/** Copies the project, for one trial after the other. */
export async function createCopy(directory: string): Promise<void> {
  await mkdir(directory)
  for (const part of parts) await cp(join(projectRoot, part), join(directory, part), { recursive: true })
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'))
}

/** Changes the copy, runs tests there, and changes it back. Throws when its migrations fail. */
export async function tryCopy({ edits, files, titles }: Trial, options: TrialOptions): Promise<TestReport> {
  const { directory, servers, stopping } = options
  const environment = {
    ...readInfraConfig().environment,
    ...servers.environment,
    // By paths relative to this folder, so that what Node has compiled in one copy serves the others.
    NODE_COMPILE_CACHE: join(directory, 'node_modules', '.cache', 'compile'),
  }
  const lines: string[] = []
  const paths = edits.map(({ file }) => join(directory, file))
  const originals = await Promise.all(paths.map((path) => readFile(path)))
  try {
    for (const edit of edits) await applyEdit(directory, edit)
    // Also for the project as it is: a fault of this way alone must not pass for a mutant that was found.
    if (edits.length === 0 || edits.some(({ file }) => file.includes('/migrations/')))
      Object.assign(environment, { TEST_TEMPLATE_DATABASE: await createTemplate(environment, options) })
    const { passed, failures } = await runAva({
      ...{ files, environment, stopping, cwd: directory, concurrency: 3, say: (line) => lines.push(line) },
      match: titles.map((title) => `*${title}*`),
    })
    stopping.throwIfAborted()
    return { passed, failed: failures.map(({ title }) => title), output: lines.join('\n') }
  } finally {
    await Promise.all(paths.map((path, at) => writeFile(path, originals[at] ?? '')))
  }
}

/** Answers the name of a database that the copy's own migrations have made. */
async function createTemplate(environment: NodeJS.ProcessEnv, { directory, stopping }: TrialOptions): Promise<string> {
  const name = `template_${randomUUID().replaceAll('-', '')}`
  const { TEST_POSTGRES_URL = '', TEST_DATABASE_URLS = '' } = environment
  await withDatabase(TEST_POSTGRES_URL, (client) => client.query(`CREATE DATABASE ${name} OWNER ${roleOf('owner')}`))
  const { owner } = JSON.parse(TEST_DATABASE_URLS) as DatabaseUrls
  let output = ''
  const code = await runCommand({
    ...{ script: 'infra/ops/migrate.ts', args: [], cwd: directory, stopping },
    environment: { ...environment, DATABASE_URL: new URL(`/${name}`, owner).href },
    onOutput: (text) => (output += text),
  })
  if (code !== 0) throw new Error(`the migrations of ${directory} failed:\n${output}`)
  return name
}
