import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ConfigurationOptions {
  /** `host:port` of everything that goes by a name and port in the file, such as `gateway:9464`. */
  addressesOf(service: string): readonly string[]
  /** Between two readings, and between two evaluations of the rules. */
  readonly intervalSeconds: number
}

/**
 * The text of `local.yml` or `global.yml` for a Prometheus that runs here, without a network in which services have names. All
 * else stays as it is.
 */
export async function configurationHere(
  name: 'local' | 'global',
  { addressesOf, intervalSeconds }: ConfigurationOptions,
): Promise<string> {
  const targets = (service: string): string => JSON.stringify(addressesOf(service))
  const text = await readFile(join(import.meta.dirname, `${name}.yml`), 'utf8')
  return (
    text
      // Nobody here is to be woken, and the servers have no exporters.
      .replace(/^(alerting|scrape_config_files):\n( .*\n)+/gm, '')
      .replace(/^( +- )(rules\/.+)$/gm, (_, dash, path) => `${dash}${JSON.stringify(join(import.meta.dirname, path))}`)
      .replace(/^( +(?:scrape_interval|scrape_timeout|evaluation_interval):) .+$/gm, `$1 ${intervalSeconds}s`)
      .replace(
        /dns_sd_configs:\n +- names: \[(.+)\]\n +type: A\n +port: (\d+)\n +refresh_interval: .+\n/g,
        (_, service, port) => `static_configs:\n      - targets: ${targets(`${service}:${port}`)}\n`,
      )
      .replace(/targets:\n((?: +- .+\n)+)/g, (_, lines: string) => {
        const services = lines.match(/[\w-]+:\d+/g) ?? []
        return `targets: ${JSON.stringify(services.flatMap((service) => addressesOf(service)))}\n`
      })
  )
}
