import { readFileSync } from 'node:fs'
import { eventId } from '#shared/contracts/fields.ts'
import { readRunningSystem } from '#shared/process/config.ts'
import { parseCommandLine, wrongUsage } from '../../command-line.ts'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'
import { standardOutput } from '../../terminal/output.ts'
import { readDraw } from './read-draw.ts'
import { type NamedReceipt, receiptIn, verifyDraw } from './verify-draw.ts'

const usage = `Usage: npm run verify-draw -- EVENT [--receipt FILE]… [--url URL]
  --receipt FILE  also checks a receipt, as GET /queue/{place_id}/receipt answered it; may be given again
  --url URL       of a gateway; without it the one that runs here

Checks a draw by what everybody can read, over HTTP. Exit code 0: all is as it must be; 1: something is not; 2: it could not be checked.`

const options = {
  receipt: { type: 'string', multiple: true },
  url: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

async function main(): Promise<void> {
  const { values, positionals } = parseCommandLine(process.argv.slice(2), { options, allowPositionals: true }, usage)
  if (values.help) return console.log(usage)
  const [event, ...more] = positionals
  if (event === undefined || more.length > 0) throw wrongUsage('Name one event.', usage)
  const id = eventId.safeParse(event)
  if (!id.success) throw wrongUsage(`${event} is not the id of an event.`, usage)
  const url = values.url ?? readRunningSystem(readInfraConfig().environment)?.gateways[0]
  if (url === undefined) throw new ExplainedError('No system runs here: name a gateway with --url, or npm start.')
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new ExplainedError(`${url} is not a URL like http://host:8080.`)
  const receipts = (values.receipt ?? []).map(readReceipt)

  const published = await readDraw(url, id.data)
  const findings = await verifyDraw(published, receipts)
  const { print, paint } = standardOutput()
  for (const { checked, wrong } of findings) {
    print(wrong === undefined ? `${paint('green', '✓')} ${checked}` : `${paint('red', '✗')} ${checked}: ${wrong}`)
  }
  const { bypassed } = published.draw
  if (bypassed > 0) print(`  ${bypassed} passes were given out beside the queue`)
  const wrong = findings.filter((finding) => finding.wrong !== undefined).length
  print(
    wrong === 0
      ? '\nThe draw is as it must be.'
      : `\nThe draw is not as it must be: ${wrong} of ${findings.length} checks.`,
  )
  if (wrong > 0) process.exitCode = 1
}

function readReceipt(file: string): NamedReceipt {
  try {
    return { name: file, text: receiptIn(readFileSync(file, 'utf8')) }
  } catch (error) {
    throw new ExplainedError(`The receipt ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof ExplainedError ? error.message : error)
  process.exitCode = 2
})
