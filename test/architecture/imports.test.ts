import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import test from 'ava'

const project = join(import.meta.dirname, '..', '..')

/** What each part may import beside itself. */
const allowed: Record<string, readonly string[]> = {
  // The version in the OpenAPI document.
  gateway: ['shared', 'package.json'],
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

/** The groups of members that import each other, directly or through others. */
function circlesOf(imports: readonly Import[]): string[][] {
  const next = new Map<string, Set<string>>()
  for (const { from, to } of imports) if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to))
  const reaches = (start: string): Set<string> => {
    const seen = new Set<string>()
    const open = [...(next.get(start) ?? [])]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      open.push(...(next.get(at) ?? []))
    }
    return seen
  }
  const inCircles = [...next.keys()].filter((member) => reaches(member).has(member)).sort()
  return [...new Set(inCircles.map((member) => inCircles.filter((other) => reaches(member).has(other)).join(' ')))].map(
    (circle) => circle.split(' '),
  )
}

const inGatewayAndShared = sources.filter((file) => /^(gateway|shared)\//.test(file))
const inSelling = sources.filter((file) => /^workers\/(booking|purchase)\//.test(file))

test('no file of gateway/, shared/ and the selling workers imports itself through others, not even for types', (t) => {
  t.deepEqual(circlesOf([...inGatewayAndShared, ...inSelling].flatMap(importsOf)), [])
  const pair = ['a', 'b'].map((from, at) => ({ from, to: ['b', 'a'][at] as string }))
  t.deepEqual(circlesOf([...pair, { from: 'c', to: 'a' }]), [['a', 'b']], 'positive control')
})

test('no folder of gateway/ imports itself through its neighbours, nor does one of shared/', (t) => {
  for (const part of ['gateway', 'shared']) {
    const between = inGatewayAndShared
      .flatMap(importsOf)
      .filter(({ from, to }) => from.startsWith(`${part}/`) && to.startsWith(`${part}/`))
      .map(({ from, to }) => ({ from: dirname(from), to: dirname(to) }))
      // Files directly in the part are the way in, or what all its folders use.
      .filter(({ from, to }) => from !== part && to !== part)
    t.deepEqual(circlesOf(between), [])
  }
})

/** Why a type of another package is replaced; more than these few need a better reason than convenience. */
const replacedTypes: Readonly<Record<string, string>> = {
  'gateway/koa/rate-limit.ts': 'its type wants a whole Redis client for one method',
  'gateway/routes/route.ts': 'ours: a route forgets the type of its contract',
}

test('types of other packages are replaced in few places, and what they keep to themselves is not used', (t) => {
  const textOf = (file: string): string => readFileSync(join(project, file), 'utf8')
  const product = sources.filter((file) => !file.startsWith('infra/'))
  t.deepEqual(
    product.filter((file) => textOf(file).includes('as unknown as')).sort(),
    Object.keys(replacedTypes).sort(),
  )
  const hidden = /\b(_header|_httpMessage|_msg|_rdata|hashMap|setFlagsFromString)\b/
  t.deepEqual(
    product.filter((file) => hidden.test(textOf(file))),
    [],
  )
})

test('the nats package is imported by the connection and by what facts need of JetStream, and nowhere else', (t) => {
  const knowing = sources
    // Other systems, for comparison.
    .filter((file) => !file.startsWith('infra/bench/reading/systems/'))
    .filter((file) => /from 'nats'/.test(readFileSync(join(project, file), 'utf8')))
  const facts = ['consume', 'follow', 'stream'].map((name) => `shared/facts/${name}.ts`)
  const messaging = ['bus', 'headers', 'service'].map((name) => `shared/messaging/${name}.ts`)
  t.deepEqual(knowing.sort(), [...facts, ...messaging])
})

test("the workers' and the gateway's environment is read where a process begins, and nowhere else", (t) => {
  const readers = sources
    .filter((file) => !file.startsWith('infra/'))
    .filter((file) => /process\.env\b/.test(readFileSync(join(project, file), 'utf8')))
  t.deepEqual(readers.sort(), ['gateway/main.ts', 'shared/process/worker.ts'])
})

test("queries are read by `parseQuery`: Koa's own parser takes time by the square of the number of parameters", (t) => {
  const wrong = sources
    .filter((file) => file.startsWith('gateway/'))
    .filter((file) => /^[^*]*\b(ctx|request)\.query\b/m.test(readFileSync(join(project, file), 'utf8')))
  t.deepEqual(wrong, [])
})

/** What the folders of the storefront may import beside themselves. Types of problems come from `gateway/http`. */
const inStorefront: Readonly<Record<string, readonly string[]>> = {
  views: ['shared'],
  browser: ['gateway/storefront/views', 'gateway/http', 'shared'],
  pages: ['gateway/storefront/views', 'gateway/http', 'gateway/routes', 'gateway/limits', 'shared'],
}

test('in the storefront imports run pages → views ← browser, and the browser gets none of the gateway', (t) => {
  const wrong = Object.entries(inStorefront).flatMap(([folder, others]) => {
    const own = `gateway/storefront/${folder}`
    return sources
      .filter((file) => file.startsWith(`${own}/`))
      .flatMap(importsOf)
      .filter(({ to }) => ![own, ...others].some((part) => to.startsWith(`${part}/`)))
  })
  t.deepEqual(wrong, [])
  const values = sources
    .filter((file) => /^gateway\/storefront\/(browser|views)\//.test(file))
    .flatMap((file) => readFileSync(join(project, file), 'utf8').match(/^import (?!type )[^']*'[^']+'/gm) ?? [])
    .filter((line) =>
      /'(\.\.\/\.\.\/(?!views\/)|#shared\/(?!(money|local-time|seat-pitch|draw-protection|scans)\.ts))/.test(line),
    )
  t.deepEqual(values, [], 'of these only types, which are gone when a script is sent')
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
