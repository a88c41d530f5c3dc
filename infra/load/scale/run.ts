import { isHelpWanted } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { progressBar } from '../../import/progress-bar.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { startBenchSystem } from '../bench-system.ts'
import { writeResult } from '../result-file.ts'
import { measure, type Result } from './measure.ts'

const usage = `Usage: npm run bench -- scale
Measures how many more purchases two and four purchase workers make than one, where each has one call of 120 ms at a time at the
payment provider, on servers of its own (a minute and a half).`

/** `npm run bench -- scale`. Exit 1 when a ratio is too low, or a seat was sold twice. */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const { stopping } = stopSignals(console.log)
  const system = await startBenchSystem({ say: console.log, stopping, counts: { purchase: 0 } })
  try {
    const result = await measure(system, { bar: (label) => progressBar(process.stderr, label), stopping })
    console.log(linesOf(result).join('\n'))
    console.log(`written to ${await writeResult('scale.json', result)}`)
    if (result.double_sales > 0 || result.stages.some(({ ratio, least }) => ratio < least)) process.exitCode = 1
  } finally {
    await system.stop()
  }
}

function linesOf({ stages, double_sales }: Result): string[] {
  return [
    '',
    ...stages.map(
      ({ workers, purchases_per_second: rate, ratio, least, p50_ms, processors_busy }) =>
        `${workers} purchase workers: ${rate} purchases a second, ${ratio} times one (at least ${least})${ratio < least ? ' TOO LOW' : ''}; ` +
        `p50 ${p50_ms} ms, processors ${Math.round(processors_busy * 100)} % busy`,
    ),
    `double sales: ${double_sales}`,
  ]
}

main().catch(reportFailure)
