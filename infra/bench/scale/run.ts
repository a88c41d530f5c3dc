import { isHelpWanted } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { progressBar } from '../../ops/import/progress-bar.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { startBenchSystem } from '../bench-system.ts'
import { writeResult } from '../result-file.ts'
import { type CrowdCosts, measureCrowd } from './crowd.ts'
import { measure, type Result } from './measure.ts'

const usage = `Usage: npm run bench -- scale
Measures how many more purchases two and four purchase workers make than one, where each has one call of 120 ms at a time at the
payment provider; and what a crowd before a waiting room costs. On servers of its own (two minutes).`

/** `npm run bench -- scale`. Exit 1 when a ratio is too low, or a seat was sold twice. */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const { stopping } = stopSignals(console.log)
  const system = await startBenchSystem({ say: console.log, stopping, counts: { purchase: 0 } })
  try {
    const options = { bar: (label: string) => progressBar(process.stderr, label), stopping }
    const result = { ...(await measure(system, options)), crowd: await measureCrowd(system, options) }
    console.log(linesOf(result).join('\n'))
    console.log(`written to ${await writeResult('scale.json', result)}`)
    if (result.double_sales > 0 || result.stages.some(({ ratio, least }) => ratio < least)) process.exitCode = 1
  } finally {
    await system.stop()
  }
}

function linesOf({ stages, double_sales, crowd }: Result & { readonly crowd: CrowdCosts }): string[] {
  return [
    '',
    ...stages.map(
      ({ workers, purchases_per_second: rate, ratio, least, p50_ms, processors_busy }) =>
        `${workers} purchase workers: ${rate} purchases a second, ${ratio} times one (at least ${least})${ratio < least ? ' TOO LOW' : ''}; ` +
        `p50 ${p50_ms} ms, processors ${Math.round(processors_busy * 100)} % busy`,
    ),
    `double sales: ${double_sales}`,
    `joining: ${crowd.joins_per_second} a second; ${crowd.join_us.gateway} µs of the gateway and ${crowd.join_us.redis} of Redis`,
    `looking where the queue stands: ${crowd.serving_per_second} a second; ${crowd.serving_us.gateway} µs of the gateway, ${crowd.serving_us.redis} of Redis`,
  ]
}

main().catch(reportFailure)
