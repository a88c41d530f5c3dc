import type Logger from 'bunyan'
import { Redis } from 'ioredis'

/** Longest wait for any Redis command: beyond it, going on without Redis is the better answer. */
const commandTimeoutMs = 100

/**
 * A client that never makes anybody wait: a command fails at once while Redis is away and after 100 ms when it is slow,
 * and the connection is tried again for ever, at most every 500 ms. An outage is one log line, its end another.
 * A command that timed out may have been carried out all the same.
 */
export function createRedis({ url, name, log }: { url: string; name: string; log: Logger }): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 1_000,
    // A frozen Redis keeps its connection: without this its commands would queue for as long as it stays frozen.
    socketTimeout: 500,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  })
  let away = false
  redis.on('error', (error: Error) => {
    if (!away) log.warn({ err: error }, 'redis is away; going on without it')
    away = true
  })
  redis.on('ready', () => {
    if (away) log.info('redis is back')
    away = false
  })
  return redis
}
