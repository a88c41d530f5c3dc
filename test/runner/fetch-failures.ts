/*
 * Loaded by AVA beside every test file. Node takes the stack frames from the errors of `fetch`. When a test fails with an error without any,
 * AVA breaks off, and names neither the test nor the files that were still to run. So those errors get the frames of their callers.
 */

const { fetch } = globalThis

globalThis.fetch = async (input, init) => {
  try {
    return await fetch(input, init)
  } catch (error) {
    if (error instanceof Error) Error.captureStackTrace(error)
    throw error
  }
}
