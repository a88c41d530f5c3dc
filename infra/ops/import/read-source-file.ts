import { readFile, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { ExplainedError } from '../../explained-error.ts'
import type { Catalogue } from './formats/catalogue.ts'
import { readSource } from './formats/recognise.ts'
import type { SeatingPlan } from './formats/seating-plan.ts'

/** Far above every catalogue and plan seen, and still comfortable in memory. */
const maxBytes = 256 * 1024 * 1024

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is no UTF-8 text',
}

/** Reads a file in whichever known format it is. Throws `ExplainedError` when it is in none, broken, or no text. */
export async function readSourceFile(file: string): Promise<Catalogue | SeatingPlan> {
  try {
    const facts = await stat(file)
    // A device or a pipe says that it is empty and then goes on for ever.
    if (!facts.isFile()) throw new ExplainedError(facts.isDirectory() ? 'is a folder' : 'is no ordinary file')
    const { size } = facts
    if (size > maxBytes) throw new ExplainedError(`has ${size} bytes; at most ${maxBytes} are read`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
    return readSource(text, { fallbackName: basename(file, extname(file)) })
  } catch (error) {
    if (error instanceof ExplainedError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new ExplainedError(reasons[code ?? ''] ?? `cannot be read: ${message}`, { cause: error })
  }
}
