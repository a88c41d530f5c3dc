import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isHelpWanted } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { allDashboards } from './dashboards/all-dashboards.ts'
import { renderDashboard } from './render-dashboard.ts'

const usage = `Usage: npm run dashboards
Writes the folder infra/deploy/grafana/generated/dashboards anew.`

/** The dashboards as Grafana reads them, by the name of their file. */
export function generatedFiles(): Map<string, string> {
  return new Map(
    allDashboards.map((dashboard): [string, string] => [
      `${dashboard.uid}.json`,
      `${JSON.stringify(renderDashboard(dashboard), null, 2)}\n`,
    ]),
  )
}

/** `npm run dashboards`: writes the folder `generated/dashboards` anew. */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const folder = join(import.meta.dirname, 'generated/dashboards')
  const files = generatedFiles()
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const [name, content] of files) await writeFile(join(folder, name), content)
  console.log(`${files.size} files written to infra/deploy/grafana/generated/dashboards.`)
}

if (import.meta.main) main().catch(reportFailure)
