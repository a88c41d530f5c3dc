import { readInfraConfig } from '../config.ts'
import type { Say } from '../say.ts'
import { installMissing } from '../system/programs/install.ts'
import type { ProgramName } from '../system/programs/program.ts'
import { type System, type SystemOptions, startSystem } from '../system/start-system.ts'
import { temporarySettings } from '../system/temporary-settings.ts'

export interface BenchSystemOptions extends Pick<SystemOptions, 'counts' | 'environment' | 'env' | 'given'> {
  /** What it needs beside NATS, Redis and PostgreSQL. */
  readonly programs?: readonly ProgramName[]
  readonly say: Say
  readonly stopping: AbortSignal
}

/** A system of a benchmark's own in a temporary folder: servers and settings as of `npm start`, without rate limits. */
export async function startBenchSystem({
  programs = [],
  say,
  environment = {},
  ...options
}: BenchSystemOptions): Promise<System> {
  await installMissing(['postgres', 'nats-server', 'redis-server', ...programs], say)
  return startSystem({
    ...options,
    servers: 'single',
    environment: { ...readInfraConfig().environment, ...temporarySettings, RATE_LIMITS: 'off', ...environment },
    temporary: { name: 'ticketing-bench' },
    hurry: options.stopping,
  })
}

/** Leaves the servers alone on the machine. */
export async function stopProcesses(system: System): Promise<void> {
  await Promise.all(system.processes().map((process) => process.stop()))
}
