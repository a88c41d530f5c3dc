import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExplainedError } from '../../../infra/explained-error.ts'

/** One small change of one file. */
export interface Edit {
  /** From the top of the project. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

/** The file's text as it is then. Throws `ExplainedError` when the mutant has outlived the code it was made for. */
export async function editedText(directory: string, { file, find, replace }: Edit): Promise<string> {
  const parts = (await readFile(join(directory, file), 'utf8')).split(find)
  if (parts.length !== 2) {
    throw new ExplainedError(
      `${file}: this text is there ${parts.length - 1} times, not once; mend its mutant:\n${find}`,
    )
  }
  return parts.join(replace)
}

export async function applyEdit(directory: string, edit: Edit): Promise<void> {
  await writeFile(join(directory, edit.file), await editedText(directory, edit))
}
