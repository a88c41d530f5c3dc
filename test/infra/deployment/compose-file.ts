import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../infra/config.ts'
import { newTicketKey } from '../../../infra/system/ticket-key.ts'
import { createTestDirectory } from '../../support/servers.ts'
import { runProgram } from './run-program.ts'

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

/** What docker-compose makes of the text, or what it says against it. */
export type ReadCompose = { readonly file: ComposeFile } | { readonly refused: string }

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

/** Has docker-compose read `infra/deploy/compose.yaml`, with all profiles and the example's settings unless told otherwise. */
export async function readCompose({
  text = composeText(),
  others = [],
  profiles = ['*'],
  directory = deployFolder,
  settings = exampleSettings(),
}: ComposeQuestion = {}): Promise<ReadCompose> {
  const path = join(await createTestDirectory('compose'), 'compose.yaml')
  await writeFile(path, text)
  const files = [path, ...others.map((name) => join(deployFolder, name))].flatMap((file) => ['--file', file])
  const chosen = profiles.flatMap((profile) => ['--profile', profile])
  const options = ['--project-directory', directory, ...files, ...chosen]
  const { failed, stdout, stderr } = await runProgram(
    'docker-compose',
    [...options, 'config', '--format', 'json'],
    settings,
  )
  return failed ? { refused: stderr } : { file: JSON.parse(stdout) as ComposeFile }
}

/** As `readCompose` of the file as it is; throws when docker-compose refuses it. */
export async function composeFile(): Promise<ComposeFile> {
  const read = await readCompose()
  if ('refused' in read) throw new Error(read.refused)
  return read.file
}

function filledIn(name: string): string {
  const secret = '0123456789abcdef0123456789abcdef'
  if (name === 'TICKET_KEYS') return newTicketKey()
  return name === 'ORGANISER_KEY' ? `org_${secret}` : `p${secret}`
}
