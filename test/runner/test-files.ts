import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../infra/config.ts'

/**
 * Patterns for AVA: first what `together/` of the folder holds, each file one process for the tests that it imports, then all other
 * tests. Relative to the project, as the folder.
 */
export function filesIn(folder: string): string[] {
  const processes = globSync(`${folder}/together/*.ts`, { cwd: projectRoot }).sort()
  const imported = processes.flatMap((file) => {
    const imports = readFileSync(join(projectRoot, file), 'utf8').matchAll(/^import '(.*\.test\.ts)'$/gm)
    return [...imports].map(([, path = '']) => `!${join(folder, 'together', path)}`)
  })
  return [...processes, `${folder}/**/*.test.ts`, ...imported]
}
