import type { Kind } from '../../infra/system/application.ts'
import * as infra from '../../infra/system/start-system.ts'
import {
  doorKey,
  organiserKey,
  roomSecret,
  temporarySettings,
  webhookSecret,
} from '../../infra/system/temporary-settings.ts'
import { readTestConfig } from './config.ts'
import { createTestDatabase } from './database.ts'
import type { RunningProcess } from './process.ts'

export { doorKey, organiserKey, roomSecret, webhookSecret }

export interface SystemOptions {
  /** How many of each; 0 leaves a kind out. Default: one of each, but no auditor. */
  readonly counts?: Partial<Record<Kind, number>>
  readonly env?: Record<string, string>
}

export interface System extends infra.System {
  readonly redis: {
    /** The one server that knows what the gateways store. */
    readonly url: string
    /** All of it is gone from one moment to the next. */
    kill(): Promise<void>
  }
  readonly gateways: RunningProcess[]
}

/** Starts real servers and processes for one test file, which stops them at its end. */
export async function startSystem({ counts = {}, env = {} }: SystemOptions = {}): Promise<System> {
  const { topology, directory } = readTestConfig()
  const database = await createTestDatabase()
  try {
    const system = await infra.startSystem({
      servers: topology,
      counts,
      environment: {
        PATH: process.env.PATH,
        ...temporarySettings,
        // Test files share the processors: a hold may take long, and none is to be refused for it.
        SLOW_HOLD_MS: '60000',
      },
      env,
      given: { database },
      temporary: { name: 'system', within: directory },
    })
    const { servers } = system
    const isRedis = ({ name }: { name: string }): boolean => /^(redis|sentinel)/.test(name)
    return {
      ...system,
      redis: {
        url: (await servers.clusters?.sentinels.master())?.url ?? servers.server('redis').url,
        kill: async () => void (await Promise.all(servers.list.filter(isRedis).map((server) => server.kill()))),
      },
      gateways: system.processes('gateway'),
      async stop() {
        await system.stop()
        await database.drop()
      },
    }
  } catch (error) {
    await database.drop()
    throw error
  }
}
