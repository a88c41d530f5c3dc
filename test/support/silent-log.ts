import { createLogger } from '#shared/observability/log.ts'

/** For parts that a test starts in its own process: nothing but what ends a process is written. */
export const silentLog = createLogger({ name: 'test', instance: 'test', level: 'fatal' })
