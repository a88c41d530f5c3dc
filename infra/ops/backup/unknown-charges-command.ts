import { reportFailure } from '../../explained-error.ts'
import { connectForBackup } from './connection.ts'
import { readUnknownChargesFlags, unknownChargesUsage } from './flags.ts'
import { unknownCharges } from './unknown-charges.ts'

/** `npm run backup -- unknown-charges`: a line each, `state amount_minor currency key charge`, then how many. Exit 1 unless none. */
async function main(): Promise<void> {
  const flags = readUnknownChargesFlags(process.argv.slice(2))
  if (flags === null) return console.log(unknownChargesUsage)
  const client = await connectForBackup(flags.databaseUrl)
  try {
    let count = 0
    for await (const charge of unknownCharges(client, flags.paymentUrl)) {
      count += 1
      const kept = charge.amount_minor - charge.refunded_minor
      console.log([charge.state, kept, charge.currency, charge.idempotency_key, charge.id].join('\t'))
    }
    console.log(`unknown charges: ${count}`)
    if (count > 0) process.exitCode = 1
  } finally {
    await client.end()
  }
}

main().catch(reportFailure)
