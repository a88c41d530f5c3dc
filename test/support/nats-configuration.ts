import { execFile } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../infra/config.ts'
import { requireProgram } from '../../infra/system/programs/program.ts'
import { newNatsPasswords, passwordVariables } from '../../infra/system/servers/nats-users.ts'
import { createTestDirectory } from './servers.ts'

const run = promisify(execFile)

/** What `infra/deploy/nats` asks of the environment, as an operator would set it. */
export const natsVariables: Readonly<Record<string, string>> = {
  ...passwordVariables(newNatsPasswords()),
  NATS_STORE_DIR: '/data',
  NATS_SERVER_NAME: 'nats-1',
  NATS_CLUSTER_LISTEN: '0.0.0.0:6222',
  NATS_PASSWORD_CLUSTER: 'nats_between-nodes',
  NATS_CLUSTER_ROUTES: '["nats-route://node:nats_between-nodes@nats-1:6222"]',
}

/** A change to one of the files: what stands there, and what stands there in its place. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A copy of `infra/deploy/nats` with edits, each of which must have something to replace. Answers its folder. */
export async function editedNatsConfiguration(edits: readonly Edit[]): Promise<string> {
  const directory = await createTestDirectory('nats-configuration')
  await cp(join(projectRoot, 'infra', 'deploy', 'nats'), directory, { recursive: true })
  for (const { file, from, to } of edits) {
    const path = join(directory, file)
    const text = await readFile(path, 'utf8')
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
    await writeFile(path, text.replaceAll(from, to))
  }
  return directory
}

/** What `nats-server -t` has against a configuration; '' when it is valid. */
export async function complaintsAbout(configFile: string, environment = natsVariables): Promise<string> {
  const program = await requireProgram('nats-server')
  const env = { ...program.environment, ...environment }
  return run(program.path, ['-t', '--config', configFile], { env, timeout: 10_000 }).then(
    () => '',
    (error: { stderr: string }) => error.stderr.trim(),
  )
}
