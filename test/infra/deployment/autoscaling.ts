import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { projectRoot } from '../../../infra/config.ts'
import { promtool, type ToolAnswer } from '../../support/promtool.ts'
import { createTestDirectory } from '../../support/servers.ts'

const rules = z.strictObject({
  rules: z.array(
    z.strictObject({
      seriesQuery: z.string(),
      resources: z.strictObject({ overrides: z.record(z.string(), z.strictObject({ resource: z.string() })) }),
      name: z.strictObject({ as: z.string() }).optional(),
      metricsQuery: z.string(),
    }),
  ),
})

const folder = join(projectRoot, 'infra/deploy/k8s/monitoring')

/** The names that `prometheus-adapter.yaml` offers to autoscalers, each with the query behind it for the pods of one namespace. */
export function offeredMetrics(
  text = readFileSync(join(folder, 'prometheus-adapter.yaml'), 'utf8'),
): Map<string, string> {
  return new Map(
    rules.parse(parse(text)).rules.map(({ seriesQuery, name, metricsQuery }) => {
      const series = seriesQuery.split('{')[0] ?? ''
      const query = metricsQuery
        .replaceAll('<<.Series>>', series)
        .replaceAll('<<.LabelMatchers>>', 'namespace="ticketing"')
        .replaceAll('<<.GroupBy>>', 'pod')
      return [name?.as ?? series, query]
    }),
  )
}

export interface QueryCheck {
  readonly query: string
  /** Series with the value that they have throughout. */
  readonly series: Readonly<Record<string, number>>
  /** What the query must answer, by labels. */
  readonly expected: Readonly<Record<string, number>>
}

/** Has promtool ask the query of these series. */
export function checkQuery({ query, series, expected }: QueryCheck): Promise<ToolAnswer> {
  const samples = Object.entries(expected).map(([labels, value]) => ({ labels, value }))
  const tests = [
    {
      interval: '1m',
      input_series: Object.entries(series).map(([name, value]) => ({ series: name, values: `${value}x5` })),
      promql_expr_test: [{ expr: query, eval_time: '5m', exp_samples: samples }],
    },
  ]
  // JSON is valid YAML.
  return judge(['test', 'rules'], JSON.stringify({ rule_files: [], evaluation_interval: '1m', tests }))
}

/** Has promtool read how the cluster's Prometheus finds pods. */
export function checkScrape(text = readFileSync(join(folder, 'scrape.yaml'), 'utf8')): Promise<ToolAnswer> {
  return judge(['check', 'config'], text)
}

async function judge(command: readonly string[], text: string): Promise<ToolAnswer> {
  const cwd = await createTestDirectory('promtool')
  await writeFile(join(cwd, 'judged.yml'), text)
  return promtool([...command, 'judged.yml'], { cwd })
}
