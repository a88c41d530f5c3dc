import { readFileSync } from 'node:fs'

/** Whether there is such a process that has not ended. */
export function isAlive(pid: number): boolean {
  try {
    // Signal 0 asks only whether there is such a process.
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    // It lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Ended, but not yet collected by its parent; in a container without an init that may be for ever. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
