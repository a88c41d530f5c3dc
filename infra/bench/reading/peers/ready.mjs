/** Tells the benchmark that this process is ready, and ends with it. */
export function ready(url = '') {
  process.send({ ready: true, url })
}

process.once('SIGTERM', () => process.exit())
process.once('disconnect', () => process.exit())
