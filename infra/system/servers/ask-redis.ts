import { Redis } from 'ioredis'

/** Lets `ask` have a connection to one server, which must answer each command within 2 s. */
export async function askRedis<Answer>(
  port: number,
  ask: (redis: Redis) => Promise<Answer>,
  password?: string,
): Promise<Answer> {
  const redis = new Redis(port, '127.0.0.1', {
    commandTimeout: 2_000,
    connectTimeout: 2_000,
    retryStrategy: () => null,
    lazyConnect: true,
    ...(password !== undefined && { password }),
  })
  // What is wrong is thrown by the command.
  redis.on('error', () => undefined)
  try {
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}
