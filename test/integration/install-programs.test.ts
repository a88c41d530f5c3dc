import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { installPackages } from '../../infra/system/programs/apt-install.ts'
import { createTestDirectory } from '../support/servers.ts'

/** An `apt-get` that installs nothing, but leaves a file when it is told to. */
async function fakeApt(installed: string): Promise<string> {
  const folder = await createTestDirectory('fake-apt')
  const file = join(folder, 'apt-get')
  const lines = [
    '#!/bin/sh',
    'case "$*" in',
    '  *--assume-no*) echo "Need to get 42.0 MB of archives."; echo "After this operation, 170 MB will be used."; exit 1 ;;',
    `  *install*) touch ${installed} ;;`,
    'esac',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  await chmod(file, 0o755)
  return folder
}

test.serial('a Prometheus that `--observe` lacks is installed only after its size was said', async (t) => {
  const installed = join(await createTestDirectory('installed'), 'yes')
  const path = process.env.PATH
  process.env.PATH = `${await fakeApt(installed)}:${path}`
  t.teardown(() => {
    process.env.PATH = path
  })
  const said: string[] = []
  const say = (line: string): void => {
    if (!existsSync(installed)) said.push(line)
  }
  await installPackages({ programs: ['prometheus'], rights: [], say })
  t.true(existsSync(installed))
  t.regex(said.join('\n'), /Missing here: prometheus.*Installing prometheus.*42\.0 MB.*170 MB/s)
})
