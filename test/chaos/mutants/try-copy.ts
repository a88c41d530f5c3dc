import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot, readInfraConfig } from '../../../infra/config.ts'
import { runCommand } from '../../runner/command.ts'
import { applyEdit, type Edit } from './edit.ts'

interface Plan {
  /** Where the copy is made. */
  readonly directory: string
  readonly edits: readonly Edit[]
  readonly files: readonly string[]
  /** Parts of the titles of their tests to run. */
  readonly titles: readonly string[]
}

/** What the tests of a copy came to. */
export interface TestReport {
  readonly passed: number
  /** Titles. */
  readonly failed: readonly string[]
}

/** All that a process needs to run; nothing that a run leaves behind. */
const parts = ['gateway', 'workers', 'shared', 'infra', 'test', 'package.json', 'tsconfig.json']

/** Copies the project, changes the copy, and runs tests there, from its own migrations on. Throws when they could not be run. */
export async function tryCopy({ directory, edits, files, titles }: Plan, stopping: AbortSignal): Promise<TestReport> {
  await mkdir(directory, { recursive: true })
  for (const part of parts) await cp(join(projectRoot, part), join(directory, part), { recursive: true })
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'))
  for (const edit of edits) await applyEdit(directory, edit)
  const { environment, programsDirectory } = readInfraConfig()
  let output = ''
  await runCommand({
    script: 'test/run.ts',
    // Without types and lint.
    args: ['--long', ...titles.flatMap((title) => ['--match', `*${title}*`]), ...files],
    cwd: directory,
    environment: {
      ...environment,
      PROGRAMS_DIR: programsDirectory,
      // By paths relative to its cache, so that what Node has compiled in one copy serves the others.
      NODE_COMPILE_CACHE_PORTABLE: '1',
    },
    stopping,
    onOutput: (text) => (output += text),
  })
  stopping.throwIfAborted()
  const [, passed] = /^(\d+) passed, \d+ failed$/m.exec(output) ?? []
  if (passed === undefined) throw new Error(`the tests of ${directory} broke off:\n${output.slice(-10_000)}`)
  // Each is written as it fails, and again at the end.
  const failed = new Set([...output.matchAll(/^ {2}✘ (.*)$/gm)].map(([, title = '']) => title))
  return { passed: Number(passed), failed: [...failed] }
}
