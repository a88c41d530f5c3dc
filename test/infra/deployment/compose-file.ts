import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../infra/config.ts'
import { newTicketKey } from '../../../infra/system/ticket-key.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { outputOf } from './output-of.ts'

/** A service as `docker-compose config` prints it, as far as tests look at it. */
export interface ComposeService {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly pull_policy?: string
  readonly container_name?: string
  readonly profiles?: readonly string[]
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  readonly environment?: Readonly<Record<string, string | null>>
  readonly healthcheck?: { readonly test: readonly string[]; readonly timeout?: string }
  readonly deploy?: { readonly resources?: { readonly limits?: Readonly<Record<string, unknown>> } }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly networks?: Readonly<Record<string, { readonly ipv4_address?: string } | null>>
  readonly network_mode?: string
  readonly ports?: readonly { readonly host_ip?: string; readonly target: number; readonly published: string }[]
  readonly expose?: readonly string[]
  readonly volumes?: readonly ComposeVolume[]
  readonly tmpfs?: readonly string[]
  readonly user?: string
  readonly working_dir?: string
  readonly restart?: string
  readonly read_only?: boolean
  readonly privileged?: boolean
  readonly cap_add?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly stop_signal?: string
  readonly stop_grace_period?: string
}

interface ComposeVolume {
  readonly type: string
  readonly source: string
  readonly target: string
  readonly read_only?: boolean
  readonly bind?: { readonly selinux?: string }
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
}

export interface ComposeQuestion {
  /** In place of `compose.yaml`. */
  readonly text?: string
  /** Files besides, which add to it. */
  readonly others?: readonly string[]
  readonly profiles?: readonly string[]
  /** Holds the files that it names. */
  readonly directory?: string
  /** What stands in the environment; nothing else of this machine does. */
  readonly settings?: Readonly<Record<string, string>>
}

const deployFolder = join(projectRoot, 'infra', 'deploy')

/** `infra/deploy/compose.yaml` as it is written. */
export function composeText(): string {
  return readFileSync(join(deployFolder, 'compose.yaml'), 'utf8')
}

/** `infra/deploy/compose.env.example` with something filled in wherever it is left empty. */
export function exampleSettings(): Record<string, string> {
  const lines = readFileSync(join(deployFolder, 'compose.env.example'), 'utf8').matchAll(/^([A-Z_]+)=(.*)$/gm)
  return Object.fromEntries(Array.from(lines, ([, name = '', value]) => [name, value || filledIn(name)]))
}

/**
 * Has docker-compose read `infra/deploy/compose.yaml`, with all profiles and the example's settings unless told otherwise. Throws what it
 * says against them.
 */
export async function readCompose({
  text = composeText(),
  others = [],
  profiles = ['*'],
  directory = deployFolder,
  settings = exampleSettings(),
}: ComposeQuestion = {}): Promise<ComposeFile> {
  const path = join(await createTestDirectory('compose'), 'compose.yaml')
  await writeFile(path, text)
  const files = [path, ...others.map((name) => join(deployFolder, name))].flatMap((file) => ['--file', file])
  const chosen = profiles.flatMap((profile) => ['--profile', profile])
  const options = ['--project-directory', directory, ...files, ...chosen]
  return JSON.parse(await outputOf('docker-compose', [...options, 'config', '--format', 'json'], settings))
}

/** The environment of a service; a setting that is handed on only when it is given may be absent. */
export function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== null))
}

/** Seconds of a duration as compose writes it: `1m30s`. */
export function secondsOf(duration = '0s'): number {
  const [, minutes = 0, seconds = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

function filledIn(name: string): string {
  const secret = '0123456789abcdef0123456789abcdef'
  if (name === 'TICKET_KEYS') return newTicketKey()
  return name === 'ORGANISER_KEY' ? `org_${secret}` : `p${secret}`
}
