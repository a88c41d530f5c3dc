import { join } from 'node:path'
import type { ComposeFile } from '../deployment/compose-file.ts'

/** Addresses of the services that run, by network of compose. */
export class Network {
  readonly #names: readonly string[]
  readonly #file: ComposeFile
  readonly #running: readonly string[]

  constructor(file: ComposeFile, running: readonly string[]) {
    this.#file = file
    this.#names = Object.keys(file.networks)
    this.#running = running
  }

  /** The network namespace of a service: its own, that of another service, or one without any way out. */
  namespaceOf(service: string): string {
    return /^service:(.+)$/.exec(this.#file.services[service]?.network_mode ?? '')?.[1] ?? service
  }

  addressOf(service: string, network: string): string {
    return `10.89.${this.#names.indexOf(network)}.${10 + this.#running.indexOf(service)}`
  }

  /** Where the machine itself reaches a service, as the engine does for a published port. */
  publicAddressOf(service: string): string | undefined {
    const open = this.#networksOf(service).find((name) => this.#file.networks[name]?.internal !== true)
    return open && this.addressOf(service, open)
  }

  /** Shell commands that make a bridge for each network, and for each service a namespace that is wired to its bridges. */
  commands(): string[] {
    const bridges = this.#names.flatMap((_, index) => [
      `ip link add br${index} type bridge`,
      `ip addr add 10.89.${index}.1/24 dev br${index}`,
      `ip link set br${index} up`,
    ])
    const namespaces = this.#running.filter((service) => this.namespaceOf(service) === service)
    const wires = namespaces.flatMap((service, number) => [
      `ip netns add ${service}`,
      `ip -n ${service} link set lo up`,
      ...this.#networksOf(service).flatMap((network, index) => [
        `ip link add v${number}-${index} type veth peer name eth${index} netns ${service}`,
        `ip link set v${number}-${index} master br${this.#names.indexOf(network)} up`,
        `ip -n ${service} addr add ${this.addressOf(service, network)}/24 dev eth${index}`,
        `ip -n ${service} link set eth${index} up`,
      ]),
    ])
    return ['set -eu', 'mount -t tmpfs run /run', 'ip link set lo up', ...bridges, ...wires]
  }

  /** Lines of a hosts file: the services that a service finds by name, in its networks. */
  hostsOf(service: string): string {
    const mine = this.#networksOf(this.namespaceOf(service))
    const lines = this.#running.flatMap((other) =>
      this.#networksOf(other)
        .filter((network) => mine.includes(network))
        .map((network) => `${this.addressOf(other, network)} ${other}`),
    )
    return ['127.0.0.1 localhost', ...lines, ''].join('\n')
  }

  #networksOf(service: string): string[] {
    return Object.keys(this.#file.services[service]?.networks ?? {})
  }
}

/** Starts a DNS server for one namespace, at the address that engines use, that answers with what a hosts file says. */
export function nameServer(namespace: string, directory: string): string[] {
  const hosts = `--addn-hosts=${join(directory, `${namespace}.hosts`)}`
  const only = ['--conf-file=/dev/null', '--no-resolv', '--no-hosts', hosts, '--local=/#/']
  const place = ['--listen-address=127.0.0.11', '--bind-interfaces', '--user=root', '--group=root', '--pid-file=']
  return ['netns', 'exec', namespace, 'dnsmasq', ...only, ...place]
}
