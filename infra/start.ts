import { readInfraConfig } from './config.ts'
import { reportFailure } from './explained-error.ts'
import { parseFlags, usage } from './system/launcher/flags.ts'
import { launch } from './system/launcher/launch.ts'
import { readyScreen } from './system/launcher/ready-screen.ts'
import { stopSignals } from './system/stop-signals.ts'

/** `npm start`: brings up the whole system and keeps it up until a signal stops it. */
async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2))
  if (!flags) return console.log(usage)
  const begin = performance.now()
  const { stopping, hurry } = stopSignals(console.log)
  try {
    const system = await launch({ flags, config: readInfraConfig(), say: console.log, stopping, hurry })
    console.log(await readyScreen(system, (performance.now() - begin) / 1000))
    if (!stopping.aborted) await new Promise((resolve) => stopping.addEventListener('abort', resolve))
    await system.stop()
  } catch (error) {
    if (!stopping.aborted) throw error
  }
  console.log('Stopped.')
}

main().catch(reportFailure)
