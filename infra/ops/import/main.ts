import { reportFailure } from '../../explained-error.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { readImportConfig, usage } from './config.ts'
import { runImport } from './run-import.ts'
import { SystemForImport } from './system-for-import.ts'

/** `npm run import`: into the running system, or into one that it starts for its own duration. */
async function main(): Promise<void> {
  const config = readImportConfig(process.argv.slice(2), process.env)
  if (config === null) return console.log(usage)
  const { stopping, hurry } = stopSignals(console.log)
  const system = new SystemForImport({ config, say: console.log, stopping, hurry })
  try {
    const allStored = await runImport(config, {
      connect: () => system.connect(),
      say: console.log,
      terminal: process.stderr,
      stopping,
    })
    if (!allStored) process.exitCode = 1
  } finally {
    await system.close()
  }
}

main().catch(reportFailure)
