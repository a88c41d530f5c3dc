import bunyan from 'bunyan'

/**
 * One JSON object a line on standard output. Secrets never get here: callers log named facts, not whole requests, and
 * errors are cut to name, message, stack and cause.
 */
export function createLogger({ name, instance, level }: { name: string; instance: string; level: string }): bunyan {
  return bunyan.createLogger({
    name,
    instance,
    level: level as bunyan.LogLevelString,
    serializers: { err: errorFacts },
  })
}

function errorFacts(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: errorFacts(error.cause) }),
  }
}
