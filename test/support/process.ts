import { join } from 'node:path'
import { projectRoot } from '../../infra/config.ts'
import { type Application, type Kind, kinds, startApplication } from '../../infra/system/application.ts'
import { createTestDirectory } from './servers.ts'

export type { Kind }

/** One real process of the system under test. */
export type RunningProcess = Application

export interface ProcessPlan {
  readonly kind: Kind
  readonly instance: string
  readonly env: NodeJS.ProcessEnv
  /** For those that listen; by default a free one. */
  readonly port?: number
}

/** Starts one process that belongs to no system and waits until it says that it is ready. Throws with what it wrote. */
export async function startProcess({ kind, instance, env, port }: ProcessPlan): Promise<RunningProcess> {
  return startApplication({
    kind: kinds[kind],
    instance,
    port,
    // A folder that does not exist: no running system of a developer may leak into a test.
    environment: { PATH: process.env.PATH, DATA_DIR: join(projectRoot, '.data', 'absent'), ...env },
    logDirectory: await createTestDirectory('logs'),
  })
}
