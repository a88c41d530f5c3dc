import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../infra/config.ts'

/** All that a process needs to run; nothing that a run leaves behind. */
const parts = ['gateway', 'workers', 'shared', 'infra', 'test', 'package.json', 'tsconfig.json']

/** Copies the project as it stands now, with the same packages. */
export async function copySource(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const part of parts) await cp(join(projectRoot, part), join(directory, part), { recursive: true })
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'))
}
