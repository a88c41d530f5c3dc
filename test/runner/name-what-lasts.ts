import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { registerCompletionHandler } from 'ava'
import { projectRoot } from '../../infra/config.ts'

/*
 * Loaded by AVA beside every test file. A file of which all tests have passed goes on as long as something of it does, and after a minute
 * AVA ends it with exit code 1 and without a word.
 */

/** Stopping what a file has started takes less. */
const patienceMs = 15_000

registerCompletionHandler(() => {
  const tell = (): void => {
    const file = relative(projectRoot, fileURLToPath(test.meta.file))
    console.error(`${file} has passed but does not end; what lasts: ${process.getActiveResourcesInfo().join(', ')}`)
  }
  setTimeout(tell, patienceMs).unref()
})
