import type Logger from 'bunyan'
import { ConfigurationError } from './config.ts'
import { tuneGarbageCollection } from './tune-garbage-collection.ts'

/** Closes something that was opened, within its own deadline. */
export type Close = () => Promise<unknown> | unknown

export interface Process<Config> {
  readConfig(): Config
  createLogger(config: Config): Logger
  /**
   * Opens everything, telling `onStop` how to close each thing right after it was opened. Answers what the launcher is
   * told once the process is ready, such as its port.
   */
  start(config: Config, log: Logger, onStop: (name: string, close: Close) => void): Promise<Record<string, unknown>>
}

/** A process that has not ended by itself this long after the signal is ended: something does not know how to close. */
const lastResortMs = 20_000
/** How long a process that has closed everything may linger. */
const lingerMs = 300

/**
 * Runs one process from start to a clean end. On SIGTERM, SIGINT or when the launcher dies, closes everything in reverse
 * order of opening. The process then ends by itself; `process.exit`, which drops spans and log lines still on their way,
 * is for what is left when all of that is done.
 */
export async function runProcess<Config>(definition: Process<Config>): Promise<void> {
  tuneGarbageCollection()
  let config: Config
  try {
    config = definition.readConfig()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
    disconnectFromLauncher()
    return
  }
  // A launcher that was killed leaves a broken pipe: writing to it must not keep this process from stopping.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)
  const log = definition.createLogger(config)
  // Node's own listener prints warnings as plain text.
  process.removeAllListeners('warning').on('warning', (warning) => log.warn({ err: warning }, 'Node warns'))
  const closers: { name: string; close: Close }[] = []
  let stopping = false

  const stop = async (reason: string): Promise<void> => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), lastResortMs).unref()
    log.info({ reason }, 'stopping')
    for (const { name, close } of closers.toReversed()) {
      try {
        await close()
      } catch (error) {
        log.warn({ err: error, part: name }, 'could not be closed cleanly')
      }
    }
    log.info('stopped')
    disconnectFromLauncher()
    // Everything is closed and flushed. What may still hold the process is an exporter that retries an absent collector.
    setTimeout(() => process.exit(), lingerMs).unref()
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
  process.once('disconnect', () => void stop('launcher ended'))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      log.fatal({ err: error }, event)
      process.exitCode = 1
      void stop(event)
    })
  }

  try {
    const ready = await definition.start(config, log, (name, close) => closers.push({ name, close }))
    process.send?.({ ready: true, ...ready })
  } catch (error) {
    log.fatal({ err: error }, 'could not start')
    process.exitCode = 1
    await stop('could not start')
  }
}

function disconnectFromLauncher(): void {
  if (process.connected) process.disconnect()
}
