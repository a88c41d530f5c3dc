import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import test from 'ava'

const project = join(import.meta.dirname, '..', '..')

/** What each part may import beside itself. */
const allowed: Record<string, readonly string[]> = {
  gateway: ['shared'],
  'workers/event': ['shared'],
  'workers/booking': ['shared'],
  'workers/purchase': ['shared'],
  infra: ['shared'],
  shared: [],
}

interface Import {
  readonly from: string
  readonly to: string
}

function partOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  return top === 'workers' ? `${top}/${second}` : top
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(project, file), 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([#.][^']*)'/g)].map((match) => match[1] ?? '')
  return specifiers.map((specifier) => ({
    from: file,
    to: specifier.startsWith('#') ? specifier.slice(1) : relative(project, resolve(project, dirname(file), specifier)),
  }))
}

const sources = globSync('{gateway,workers,shared,infra}/**/*.ts', { cwd: project })

test('imports run gateway → shared ← workers, and no worker imports another', (t) => {
  const wrong = sources
    .flatMap(importsOf)
    .filter(({ from, to }) => partOf(from) !== partOf(to) && !allowed[partOf(from)]?.includes(partOf(to)))
  t.deepEqual(wrong, [])
  t.true(sources.length > 50)
})

test('the nats package is imported by the connection and by what facts need of JetStream, and nowhere else', (t) => {
  const knowing = sources
    // Other systems, for comparison.
    .filter((file) => !file.startsWith('infra/load/reading/systems/'))
    .filter((file) => /from 'nats'/.test(readFileSync(join(project, file), 'utf8')))
  const facts = ['consume', 'follow', 'stream'].map((name) => `shared/facts/${name}.ts`)
  const messaging = ['bus', 'headers', 'service'].map((name) => `shared/messaging/${name}.ts`)
  t.deepEqual(knowing.sort(), [...facts, ...messaging])
})

test('messaging imports neither facts, database nor processes, and facts import no processes', (t) => {
  const forbidden: Record<string, readonly string[]> = {
    'shared/messaging': ['shared/facts', 'shared/database', 'shared/process'],
    'shared/facts': ['shared/process'],
  }
  const wrong = sources.flatMap(importsOf).filter(({ from, to }) => forbidden[dirname(from)]?.includes(dirname(to)))
  t.deepEqual(wrong, [])
})

test("the workers' and the gateway's environment is read where a process begins, and nowhere else", (t) => {
  const readers = sources
    .filter((file) => !file.startsWith('infra/'))
    .filter((file) => /process\.env\b/.test(readFileSync(join(project, file), 'utf8')))
  t.deepEqual(readers.sort(), ['gateway/main.ts', 'shared/process/worker.ts'])
})

test("queries are read by `queryMembers`: Koa's own reading takes time by the square of what stands in them", (t) => {
  const wrong = sources
    .filter((file) => file.startsWith('gateway/'))
    .filter((file) => /^[^*]*\b(ctx|request)\.query\b/m.test(readFileSync(join(project, file), 'utf8')))
  t.deepEqual(wrong, [])
})

test("a worker's SQL names its own schema only", (t) => {
  const schemas = ['event', 'booking', 'purchase', 'sandbox']
  const wrong = globSync('workers/*/**/*.{ts,sql}', { cwd: project }).flatMap((file) => {
    const own = file.split('/')[1]
    const text = readFileSync(join(project, file), 'utf8')
    const foreign = schemas.filter((schema) => schema !== own)
    return foreign
      .filter((schema) => new RegExp(`\\b(FROM|JOIN|INTO|UPDATE|TABLE|REFERENCES)\\s+${schema}\\.`, 'i').test(text))
      .map((schema) => `${file} names ${schema}`)
  })
  t.deepEqual(wrong, [])
})

test('the top level holds what was agreed and nothing else', (t) => {
  const agreed = ['gateway', 'infra', 'LICENSE', 'package-lock.json', 'package.json', 'README.md', 'shared', 'test']
  const found = globSync('*', { cwd: project }).filter((name) => name !== 'node_modules')
  const extra = found.filter((name) => ![...agreed, 'tsconfig.json', 'workers'].includes(name))
  t.deepEqual(extra, [])
})
