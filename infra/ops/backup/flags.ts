import { join, resolve } from 'node:path'
import type { ParseArgsConfig } from 'node:util'
import { z } from 'zod'
import { readRunningSystem } from '#shared/process/config.ts'
import { parseCommandLine, wholeNumber, wrongUsage } from '../../command-line.ts'
import { readInfraConfig } from '../../config.ts'
import { ExplainedError } from '../../explained-error.ts'

/* Flags and environment of each command; `null` when help was asked for, and shown. What is wrong is thrown as `ExplainedError`. */

const backupUsage = `Usage: npm run backup -- [flags]
  --to DIR     folder that holds the backups (backups, in the data folder)
  --keep 14    how many of them stay there
Backs up the database of the running system, or that of DATABASE_URL. Sales go on meanwhile.

Also, each with --help:
  npm run backup -- drill             restores the newest backup beside the running system and audits it
  npm run backup -- restore           fills an empty database with a backup
  npm run backup -- follow            archives the WAL, with a base backup a day, until it is stopped
  npm run backup -- recover           restores a WAL archive, to a point in time
  npm run backup -- unknown-charges   lists charges of the payment provider that the database does not know`

const followUsage = `Usage: npm run backup -- follow [--to DIR]
  --to DIR     folder of the WAL archive (log-backups, in the data folder)
Archives the WAL of the running system's database, or that of DATABASE_URL, as it is written, and makes a base backup a day.`

const drillUsage = `Usage: npm run backup -- drill [flags]
  --from DIR   a backup, or a folder of backups, whose newest is taken (backups, in the data folder)
  --at TIME    takes the WAL archive of npm run backup -- follow (log-backups) instead, up to that time, such as
               2026-11-25T20:15:00Z, or latest
Restores into a private database, starts a system on it, and audits that. Nothing is left behind.`

const restoreUsage = `Usage: npm run backup -- restore --into URL [--from DIR]
  --into URL   an empty database, as in DATABASE_URL
  --from DIR   a backup, or a folder of backups, whose newest is taken (backups, in the data folder)`

const recoverUsage = `Usage: npm run backup -- recover --into DIR [--at TIME] [--from DIR]
  --into DIR   a folder that gets the data, as a data folder of npm start; it must not have any yet
  --at TIME    with everything until then, such as 2026-11-25T20:15:00Z (latest: all there is)
  --from DIR   the WAL archive of npm run backup -- follow (log-backups, in the data folder)`

const unknownChargesUsage = `Usage: npm run backup -- unknown-charges
Lists what the payment provider of the running system keeps for no payment of ours: after a restore, what was paid since the
backup. DATABASE_URL and PAYMENT_URL name another database and provider.`

type Args = readonly string[]

const help = { help: { type: 'boolean', short: 'h', default: false } } as const
const backups = 'backups'
const walArchive = 'log-backups'

export function readBackupFlags(args: Args) {
  const options = { to: { type: 'string' }, keep: { type: 'string', default: '14' }, ...help } as const
  const values = parse(args, options, backupUsage)
  if (values.help) return shown(backupUsage)
  const keep = wholeNumber('--keep', values.keep, { from: 1, to: 99_999, usage: backupUsage })
  return { databaseUrl: sourceDatabase(), directory: folder(values.to, backups), keep }
}

export function readFollowFlags(args: Args) {
  const values = parse(args, { to: { type: 'string' }, ...help } as const, followUsage)
  if (values.help) return shown(followUsage)
  return { databaseUrl: sourceDatabase(), directory: folder(values.to, walArchive) }
}

export function readDrillFlags(args: Args) {
  const values = parse(args, { from: { type: 'string' }, at: { type: 'string' }, ...help } as const, drillUsage)
  if (values.help) return shown(drillUsage)
  if (values.at === undefined) return { kind: 'backup' as const, from: folder(values.from, backups) }
  return { kind: 'wal' as const, at: parseMoment(values.at, drillUsage), from: folder(values.from, walArchive) }
}

export function readRestoreFlags(args: Args) {
  const options = { from: { type: 'string' }, into: { type: 'string' }, ...help } as const
  const values = parse(args, options, restoreUsage)
  if (values.help) return shown(restoreUsage)
  const into = z.url({ protocol: /^postgres(ql)?$/ }).safeParse(values.into)
  if (!into.success) throw wrongUsage('--into must be like postgres://user@host:5432/database', restoreUsage)
  return { from: folder(values.from, backups), into: into.data }
}

export function readRecoverFlags(args: Args) {
  const at = { type: 'string', default: 'latest' } as const
  const options = { from: { type: 'string' }, into: { type: 'string' }, at, ...help } as const
  const values = parse(args, options, recoverUsage)
  if (values.help) return shown(recoverUsage)
  if (!values.into) throw wrongUsage('--into must name a folder', recoverUsage)
  const until = parseMoment(values.at, recoverUsage)
  return { from: folder(values.from, walArchive), into: folder(values.into, ''), at: until }
}

export function readUnknownChargesFlags(args: Args) {
  if (parse(args, help, unknownChargesUsage).help) return shown(unknownChargesUsage)
  const { environment } = readInfraConfig()
  const paymentUrl = environment.PAYMENT_URL ?? readRunningSystem(environment)?.payment_url
  if (paymentUrl) return { databaseUrl: sourceDatabase(), paymentUrl }
  throw new ExplainedError('No system is running: start one with npm start, or set PAYMENT_URL and DATABASE_URL.')
}

function shown(usage: string): null {
  console.log(usage)
  return null
}

function sourceDatabase(): string {
  const { given, environment } = readInfraConfig()
  const url = given.database ?? readRunningSystem(environment)?.database_urls.owner
  if (url) return url
  throw new ExplainedError('No system is running: start one with npm start, or set DATABASE_URL.')
}

function parse<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: Args,
  options: Options,
  usage: string,
) {
  return parseCommandLine(args, { options, strict: true }, usage).values
}

/** npm runs us in the project's folder and says in INIT_CWD in which one the user is. */
function folder(path: string | undefined, usual: string): string {
  const { dataDirectory, environment } = readInfraConfig()
  return path === undefined ? join(dataDirectory, usual) : resolve(environment.INIT_CWD ?? '', path)
}

/** Until when; null: until the end of what there is. */
function parseMoment(text: string, usage: string): Date | null {
  if (text === 'latest') return null
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return new Date(text)
  throw wrongUsage('--at must be latest or an instant such as 2026-11-25T20:15:00Z', usage)
}
