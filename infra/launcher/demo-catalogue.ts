import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { projectRoot } from '../config.ts'
import type { Say } from '../say.ts'

/** Lets the demo catalogue fill an empty database. The system is of use without it, so its failure is only told. */
export async function fillDemoCatalogue({
  environment,
  stopping,
  say,
}: {
  environment: NodeJS.ProcessEnv
  stopping: AbortSignal
  say: Say
}): Promise<void> {
  const child = spawn(process.execPath, ['infra/demo-catalogue.ts'], {
    cwd: projectRoot,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
    signal: stopping,
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) say(`The demo catalogue could not be filled (exit code ${code}); the system runs without it.`)
}
