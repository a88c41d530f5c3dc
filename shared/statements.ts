/** What is known of a statement by its text. */
export interface Statement {
  /** Under which connections keep it prepared; absent for texts that are none of ours, or too many. */
  readonly name?: string
  /** SELECT, INSERT … */
  readonly operation: string
  /** `postgres UPDATE booking.seats` */
  readonly spanName: string
}

/** Ours are constants, some hundred of them; the limit is for one that is not. */
const maxKnown = 500

const known = new Map<string, Statement>()

/** Reads a statement once and remembers it. */
export function statementOf(text: string): Statement {
  const remembered = known.get(text)
  if (remembered !== undefined) return remembered
  const described = describe(text)
  if (known.size >= maxKnown) return described
  const statement = { ...described, name: `s${known.size}` }
  known.set(text, statement)
  return statement
}

function describe(text: string): Statement {
  const operation = operationOf(text)
  const table = /\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?([a-z_]+\.[a-z_]+)/.exec(text)?.[1]
  return { operation, spanName: ['postgres', operation, ...(table === undefined ? [] : [table])].join(' ') }
}

/** Of a statement that begins by naming queries, what it does in the end is hard to tell: the first change counts. */
function operationOf(text: string): string {
  const first = /^\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? 'QUERY'
  if (first !== 'WITH') return first
  return /\b(INSERT|UPDATE|DELETE)\b/.exec(text)?.[1] ?? 'SELECT'
}
