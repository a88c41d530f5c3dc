import { isHelpWanted } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { progressBar } from '../../import/progress-bar.ts'
import { stopSignals } from '../../launcher/stop-signals.ts'
import { writeResult } from '../result-file.ts'
import { measure } from './measure.ts'
import { reportLines } from './report.ts'
import { startSellingSystem } from './system.ts'

const usage = `Usage: npm run bench -- selling
Measures seats held a second, beside what pgbench makes of the same statements, on servers of its own.`

/**
 * `npm run bench -- selling`: how many seats a second this machine holds in holds of four, over HTTP down to the disk, load
 * generator included, and how long a buyer waits at two thirds of that rate.
 */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const { stopping } = stopSignals(console.log)
  const bar = (label: string) => progressBar(process.stderr, label)
  const system = await startSellingSystem({ say: console.log, stopping })
  try {
    const result = await measure(system, { bar, stopping })
    const file = await writeResult('selling.json', result)
    console.log(reportLines(result).join('\n'))
    console.log(`written to ${file}`)
    if (result.double_sales > 0) process.exitCode = 1
  } finally {
    await system.stop()
  }
}

main().catch(reportFailure)
