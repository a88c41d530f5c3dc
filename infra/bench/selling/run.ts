import { reportFailure } from '../../explained-error.ts'
import { runBenchmark } from '../bench.ts'
import { measure } from './measure.ts'
import { measureOverload, overloadLines } from './overload.ts'
import { reportLines } from './report.ts'

const usage = `Usage: npm run bench -- selling [flags]
Measures seats held a second, beside what pgbench makes of the same statements, on servers of its own.
  --overload   instead: how many still buy when twice as many come as the machine can bear (two minutes)`

const options = { overload: { type: 'boolean', default: false } } as const

/**
 * `npm run bench -- selling`: how many seats a second this machine holds in holds of four, over HTTP down to the disk, load
 * generator included, and how long a buyer waits at two thirds of that rate and at 400 buyers a second. With `--overload`: how
 * many buyers still finish when twice as many come as the machine can bear.
 */
async function main(): Promise<void> {
  if (process.argv.includes('--overload'))
    return runBenchmark({
      usage,
      options,
      file: 'overload.json',
      measure: async (bench) => measureOverload(await bench.start(), bench),
      lines: overloadLines,
    })
  await runBenchmark({
    usage,
    options,
    file: 'selling.json',
    measure: async (bench) => measure(await bench.start(), bench),
    lines: reportLines,
  })
}

main().catch(reportFailure)
