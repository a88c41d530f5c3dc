import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isHelpWanted } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { generatedFiles } from './generated-files.ts'

const usage = `Usage: npm run dashboards
Writes the folder infra/deploy/grafana/generated anew.`

/** `npm run dashboards`: writes the folder `generated` anew. */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const folder = join(import.meta.dirname, 'generated')
  const files = generatedFiles()
  await rm(folder, { recursive: true, force: true })
  for (const [path, content] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  console.log(`${files.size} files written to infra/deploy/grafana/generated.`)
}

main().catch(reportFailure)
