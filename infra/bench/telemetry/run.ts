import { isHelpWanted } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { progressBar } from '../../ops/import/progress-bar.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { writeResult } from '../result-file.ts'
import { measure } from './measure.ts'
import { reportLines } from './report.ts'
import { startSinks } from './sinks.ts'
import { startObservedSystems } from './system.ts'

const usage = `Usage: npm run bench -- telemetry
Measures what recording traces costs, on servers of its own.`

/**
 * `npm run bench -- telemetry`: what traces cost a request that misses the cache, by how many of them are recorded, and where
 * their collector does not answer. Exit 1 when one of them costs more than it may.
 */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const { stopping } = stopSignals(console.log)
  const sinks = await startSinks()
  try {
    const systems = await startObservedSystems({ sinks, say: console.log, stopping })
    try {
      const result = await measure(systems, { bar: (label) => progressBar(process.stderr, label), stopping })
      const file = await writeResult('telemetry.json', result)
      console.log(reportLines(result).join('\n'))
      console.log(`\nbytes of spans received: ${sinks.received()}\nwritten to ${file}`)
      if (result.comparisons.some(({ isGood }) => !isGood)) process.exitCode = 1
    } finally {
      await systems.stop()
    }
  } finally {
    sinks.stop()
  }
}

main().catch(reportFailure)
