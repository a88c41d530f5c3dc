import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { projectRoot } from '../../../infra/config.ts'
import { ExplainedError } from '../../../infra/explained-error.ts'
import { editedText } from './edit.ts'
import { mutants } from './mutants.ts'
import { signOf } from './report.ts'

test('every mutant still fits the project as it stands', async (t) => {
  for (const edit of mutants.flatMap(({ edits }) => edits)) {
    t.true((await editedText(projectRoot, edit)).includes(edit.replace), edit.file)
  }
})

test('a change whose place is not there, or there twice, is refused and names the file', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'mutants-'))
  t.teardown(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'rule.ts'), 'if (a) b()\nif (a) c()\n')
  for (const find of ['if (d)', 'if (a)']) {
    const error = await t.throwsAsync(editedText(directory, { file: 'rule.ts', find, replace: '' }))
    t.true(error instanceof ExplainedError && error.message.includes('rule.ts'))
  }
})

test('a test file that is red for another reason has not found the mutant', (t) => {
  const [mutant] = mutants
  if (mutant === undefined) return t.fail('there are no mutants')
  t.is(signOf({ mutant, report: { passed: 0, failed: ['No database answers'], output: '' } }), undefined)
  t.is(signOf({ mutant, report: { passed: 9, failed: [], output: '' } }), undefined)
})

test('every mutant names a test file, and a title in it', async (t) => {
  for (const { name, test: file, title } of mutants)
    t.true((await readFile(join(projectRoot, file), 'utf8')).includes(title), name)
})
