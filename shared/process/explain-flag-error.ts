/** Most edits between a wrong word and the suggested one. */
const mostEdits = 2

export interface CommandLine {
  /** All arguments after the script's name. */
  readonly args: readonly string[]
  /** The flags that the command knows, without `--`. */
  readonly names: readonly string[]
  /** The command that starts it, up to its flags: `npm start --`. */
  readonly command: string
}

/** The error of Node's `parseArgs` about wrong arguments, with a suggestion if there is one. */
export function explainFlagError(error: Error, { args, names, command }: CommandLine): string {
  // Node's own advice is about arguments that look like flags; our commands have none.
  const said = error.message.split('. ')[0]?.replace(/\.?$/, '.') ?? ''
  const wrong = args.find(
    (arg) => !names.some((name) => arg === `--${name}` || arg.startsWith(`--${name}=`)) && isFlagLike(arg, names),
  )
  const meant = wrong === undefined ? undefined : correctedFlag(wrong, names)
  if (meant !== undefined) return `Unknown option '${wrong}'. Did you mean ${meant}?`
  // npm takes flags before `--` itself and leaves their values.
  const isStray = (error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
  return isStray ? `${said} npm passes on only the arguments after --: ${command} --flag value` : said
}

/** `--port=8080` for `-port=8080`, `--prot=8080`, `--Port=8080`, `–port=8080` or `port=8080`; undefined if no flag is near. */
function correctedFlag(arg: string, names: readonly string[]): string | undefined {
  const [, word = '', value = ''] = /^[-–—]*([^=]*)(=.*)?$/s.exec(arg) ?? []
  const negated = /^no-(.+)$/.exec(word)?.[1]
  const near = names
    .map((name) => ({ name, edits: editsBetween((negated ?? word).toLowerCase(), name) }))
    .toSorted((one, other) => one.edits - other.edits)[0]
  // A short word is near every flag.
  if (near === undefined || near.edits > Math.min(mostEdits, Math.floor(near.name.length / 2))) return undefined
  return `--${negated === undefined ? '' : 'no-'}${near.name}${value}`
}

/** Whether an argument is meant as a flag: it begins with a dash, or with the name of a flag and `=`. Files and ids are arguments, too. */
function isFlagLike(arg: string, names: readonly string[]): boolean {
  return /^[-–—]/.test(arg) || names.some((name) => arg.toLowerCase().startsWith(`${name}=`))
}

/** Letters to insert, delete, replace or swap with their neighbour. */
function editsBetween(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let i = 1; i <= one.length; i += 1) {
    rows.push([i])
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = at(i - 1, j - 1) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1] ? at(i - 2, j - 2) + 1 : replaced
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped))
    }
  }
  return at(one.length, other.length)
}
