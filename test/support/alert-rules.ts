import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../infra/config.ts'

export const prometheusFolder = join(projectRoot, 'infra/deploy/prometheus')

/** An alert as its file has it. */
export interface AlertRule {
  readonly name: string
  /** Relative to `infra/deploy/prometheus`. */
  readonly file: string
  /** From `- alert:` up to the next rule. */
  readonly text: string
}

/** Every rule file, relative to `infra/deploy/prometheus`. */
export async function ruleFiles(): Promise<string[]> {
  const entries = await readdir(join(prometheusFolder, 'rules'), { recursive: true })
  return entries.filter((entry) => entry.endsWith('.yml')).map((entry) => join('rules', entry))
}

/** Every alert of these files. */
export async function readAlerts(files: readonly string[]): Promise<AlertRule[]> {
  const alerts = files.map(async (file) => {
    const text = await readFile(join(prometheusFolder, file), 'utf8')
    return text
      .split(/^(?= {2}- name:| {6}- (?:alert|record):)/m)
      .map((part) => ({ name: /^ +- alert: (\w+)$/m.exec(part)?.[1] ?? '', file, text: part }))
      .filter(({ name }) => name !== '')
  })
  return (await Promise.all(alerts)).flat()
}
