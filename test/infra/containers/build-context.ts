import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

interface Pattern {
  readonly glob: string
  readonly matches: RegExp
  readonly takesBack: boolean
}

/** What a container engine is sent of a folder: everything but what its `.dockerignore` leaves out. Paths of files. */
export async function buildContext(directory: string): Promise<string[]> {
  const patterns = readFileSync(join(directory, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(asPattern)
  return filesBelow(directory, '', patterns)
}

async function filesBelow(directory: string, folder: string, patterns: readonly Pattern[]): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      if (!entry.isDirectory()) return isIgnored(path, patterns) ? [] : [path]
      const mayHold =
        !isIgnored(path, patterns) || patterns.some(({ glob, takesBack }) => takesBack && glob.startsWith(`${path}/`))
      return mayHold ? filesBelow(directory, path, patterns) : []
    }),
  )
  return found.flat()
}

/** The last pattern that matches the path, or a folder that it lies in, decides. */
function isIgnored(path: string, patterns: readonly Pattern[]): boolean {
  const parts = path.split('/')
  const withFolders = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  const last = patterns.findLast(({ matches }) => withFolders.some((candidate) => matches.test(candidate)))
  return last !== undefined && !last.takesBack
}

/** `*` stands for anything within a name, hidden ones included, `**` for any number of folders. */
function asPattern(line: string): Pattern {
  const glob = line.replace(/^!/, '')
  const parts = glob.split(/(\*\*\/|\*)/).map((part) => wildcards[part] ?? RegExp.escape(part))
  return { glob, matches: new RegExp(`^${parts.join('')}$`), takesBack: line.startsWith('!') }
}

const wildcards: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '*': '[^/]*' }
