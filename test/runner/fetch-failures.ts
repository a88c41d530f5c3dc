/*
 * Loaded by AVA beside every test file. Node takes the stack frames from the errors of `fetch`. When a test fails with an error without any,
 * AVA breaks off, and names neither the test nor the files that were still to run. So those errors get the frames of their callers. AVA does
 * not print the cause of such an error either, and its message is always `fetch failed`; so the message names address and cause.
 */

const { fetch } = globalThis

globalThis.fetch = async (input, init) => {
  try {
    return await fetch(input, init)
  } catch (error) {
    if (error instanceof Error) {
      const { cause } = error
      // That of several addresses has no message, only a code.
      if (cause instanceof Error)
        error.message += ` (${input instanceof Request ? input.url : input}: ${cause.message || (cause as NodeJS.ErrnoException).code})`
      Error.captureStackTrace(error)
    }
    throw error
  }
}
