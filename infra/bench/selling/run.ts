import { parseCommandLine } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { progressBar } from '../../ops/import/progress-bar.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { startBenchSystem } from '../bench-system.ts'
import { writeResult } from '../result-file.ts'
import { measure } from './measure.ts'
import { measureOverload, overloadLines } from './overload.ts'
import { reportLines } from './report.ts'

const usage = `Usage: npm run bench -- selling [flags]
Measures seats held a second, beside what pgbench makes of the same statements, on servers of its own.
  --overload   instead: how many still buy when twice as many come as the machine can bear (two minutes)`

/**
 * `npm run bench -- selling`: how many seats a second this machine holds in holds of four, over HTTP down to the disk, load
 * generator included, and how long a buyer waits at two thirds of that rate. With `--overload`: how many buyers still finish
 * when twice as many come as the machine can bear.
 */
async function main(): Promise<void> {
  const flag = { type: 'boolean', default: false } as const
  const options = { overload: flag, help: { ...flag, short: 'h' } }
  const { overload, help } = parseCommandLine(process.argv.slice(2), { options }, usage).values
  if (help) return console.log(usage)
  const { stopping } = stopSignals(console.log)
  const parts = { bar: (label: string) => progressBar(process.stderr, label), stopping }
  const system = await startBenchSystem({ say: console.log, stopping })
  try {
    if (overload) {
      const result = await measureOverload(system, parts)
      console.log(overloadLines(result).join('\n'))
      console.log(`written to ${await writeResult('overload.json', result)}`)
      if (result.faults.length > 0) process.exitCode = 1
    } else {
      const result = await measure(system, parts)
      console.log(reportLines(result).join('\n'))
      console.log(`written to ${await writeResult('selling.json', result)}`)
      if (result.double_sales > 0) process.exitCode = 1
    }
  } finally {
    await system.stop()
  }
}

main().catch(reportFailure)
