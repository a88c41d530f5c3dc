import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated-files.ts'

/** `npm run dashboards`: writes the folder `generated` anew. */
const folder = join(import.meta.dirname, 'generated')
const files = generatedFiles()
await rm(folder, { recursive: true, force: true })
for (const [path, content] of files) {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}
console.log(`${files.size} files written to infra/grafana/generated.`)
