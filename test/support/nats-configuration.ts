import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../infra/config.ts'
import { requireProgram } from '../../infra/system/programs/program.ts'
import { newNatsPasswords, passwordVariables } from '../../infra/system/servers/nats-users.ts'
import { runProgram } from './command.ts'
import { applyEdits, type Edit } from './edits.ts'
import { createTestDirectory } from './servers.ts'

/** What `infra/deploy/nats` asks of the environment, as an operator would set it. */
export const natsVariables: Readonly<Record<string, string>> = {
  ...passwordVariables(newNatsPasswords()),
  NATS_STORE_DIR: '/data',
  NATS_SERVER_NAME: 'nats-1',
  NATS_CLUSTER_LISTEN: '0.0.0.0:6222',
  NATS_PASSWORD_CLUSTER: 'nats_between-nodes',
  NATS_CLUSTER_ROUTES: '["nats-route://node:nats_between-nodes@nats-1:6222"]',
}

/** A copy of `infra/deploy/nats` with edits, each of which must have something to replace. Answers its folder. */
export async function editedNatsConfiguration(edits: readonly Edit[]): Promise<string> {
  const directory = await createTestDirectory('nats-configuration')
  await cp(join(projectRoot, 'infra', 'deploy', 'nats'), directory, { recursive: true })
  await applyEdits(directory, edits)
  return directory
}

/** What `nats-server -t` has against a configuration; '' when it is valid. */
export async function complaintsAbout(configFile: string, environment = natsVariables): Promise<string> {
  const program = await requireProgram('nats-server')
  const env = { ...program.environment, ...environment }
  const { code, output } = await runProgram(program.path, ['-t', '--config', configFile], { env, timeoutMs: 10_000 })
  return code === 0 ? '' : output.trim()
}
