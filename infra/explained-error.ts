/** A failure whose message says everything the user needs: what is wrong and what to do. Printed without a stack trace. */
export class ExplainedError extends Error {}

/** Prints why a command failed and makes the process end with exit code 1. */
export function reportFailure(error: unknown): void {
  console.error(error instanceof ExplainedError ? `\n${error.message}` : error)
  process.exitCode = 1
}
