import { ExplainedError } from '../../explained-error.ts'

const noSpace = /ENOSPC|No space left on device/
const unwritable = /EACCES|EROFS|EPERM|Read-only file system/
const serverFailed = /^(nats|redis|postgres|initdb|prometheus)\b.*/

/** The failure of a start as one line that says what happened and one that says what to do; others as they are. */
export function explainFailure(error: unknown, dataDirectory: string): unknown {
  const { message = '' } = error as Error
  if (noSpace.test(message)) {
    return new ExplainedError(
      `The disk of ${dataDirectory} is full.\nFree some space (df -h ${dataDirectory}), or set DATA_DIR to a folder on another disk.`,
      { cause: error },
    )
  }
  if (!(error instanceof ExplainedError) && unwritable.test(message)) {
    return new ExplainedError(
      `${dataDirectory} cannot be written (${message}).\nGive its files back to the user who runs npm start, or set DATA_DIR to another folder.`,
      { cause: error },
    )
  }
  if (error instanceof ExplainedError && serverFailed.test(message)) {
    return new ExplainedError(
      `${message}\nIf its data is damaged, restore a backup (npm run backup -- restore --help), or move ${dataDirectory} away to start empty.`,
      { cause: error },
    )
  }
  return error
}
