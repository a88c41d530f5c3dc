import { Bus } from '#shared/messaging/bus.ts'
import { reportFailure } from '../../explained-error.ts'
import { progressBar } from '../../ops/import/progress-bar.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { startBenchSystem } from '../bench-system.ts'
import { writeResult } from '../result-file.ts'
import { parseSearchFlags, usage } from './flags.ts'
import { measure } from './measure.ts'
import { faults, reportLines } from './report.ts'

/**
 * `npm run bench -- search [--events N]`: how long eight clients wait for what they search, in a made-up catalogue of 10,000 and of
 * 1,000,000 events, or of N events alone. Ends with exit code 1 when they wait too long or are not answered.
 */
async function main(): Promise<void> {
  const flags = parseSearchFlags(process.argv.slice(2))
  if (!flags) return console.log(usage)
  const { stopping } = stopSignals(console.log)
  const counts = { sandbox: 0, booking: 0, purchase: 0, gateway: 0 }
  const system = await startBenchSystem({ counts, say: console.log, stopping })
  const bus = await Bus.connect({ url: system.natsUrls.gateway, name: 'search-bench', timeoutMs: 5_000 })
  try {
    const result = await measure(
      { ...system, bus },
      {
        sizes: flags.sizes,
        bar: (label) => progressBar(process.stderr, label),
        stopping,
      },
    )
    const file = await writeResult('search.json', result)
    console.log(reportLines(result).join('\n'))
    console.log(`written to ${file}`)
    if (result.sizes.some((size) => faults(size).length > 0)) process.exitCode = 1
  } finally {
    await bus.close()
    await system.stop()
  }
}

main().catch(reportFailure)
