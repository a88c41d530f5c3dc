import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A change of a file, such as a mistake that must be found: what stands there, and what stands there instead. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Changes files of a folder, wherever they read so. Throws where one does not. */
export async function applyEdits(folder: string, edits: readonly Edit[]): Promise<void> {
  for (const edit of edits) {
    const path = join(folder, edit.file)
    await writeFile(path, edited(await readFile(path, 'utf8'), edit))
  }
}

/** The text of a file after an edit. */
export function edited(text: string, { file, from, to }: Edit): string {
  if (!text.includes(from)) throw new Error(`there is no ${from} in ${file} any more`)
  return text.replaceAll(from, () => to)
}
