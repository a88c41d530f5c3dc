import { ask } from './http.ts'

/** Sum of all series of a metric that have this among their labels (`limit="all"`): 0 where there are none. */
export function sumIn(metrics: string, name: string, label = ''): number {
  const series = metrics.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label))
  return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

/** The same of what a server answers at `/metrics`. */
export async function metricOf(url: string, name: string, label = ''): Promise<number> {
  return sumIn((await ask(`${url}/metrics`)).text, name, label)
}
