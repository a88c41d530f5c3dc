import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, readInfraConfig } from '../../infra/config.ts'
import type { RunningFile } from '../../infra/system/launcher/data-folder.ts'

export interface Launcher {
  readonly process: ChildProcess
  output(): string
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

/** Starts what `npm start` starts, without spans unless `settings` ask for them. */
export function launch(
  dataDirectory: string,
  args: readonly string[],
  settings: Record<string, string> = {},
): Launcher {
  const { PATH, PG_BIN, PROGRAMS_DIR, NODE_COMPILE_CACHE } = readInfraConfig().environment
  const child = spawn(process.execPath, ['infra/start.ts', ...args], {
    cwd: projectRoot,
    env: {
      PATH,
      PG_BIN,
      PROGRAMS_DIR,
      NODE_COMPILE_CACHE,
      DATA_DIR: dataDirectory,
      OTEL_SDK_DISABLED: 'true',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return { process: child, output: () => output, ended: once(child, 'close').then(([code]) => code as number | null) }
}

/** What the launcher tells other commands. */
export const readRunning = (dataDirectory: string): RunningFile =>
  JSON.parse(readFileSync(join(dataDirectory, 'running.json'), 'utf8')) as RunningFile
