import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { type AlertRule, prometheusFolder, readAlerts, ruleFiles } from '../support/alert-rules.ts'
import { promtool } from '../support/promtool.ts'
import { createTestDirectory } from '../support/servers.ts'

let rules: string[]
let alerts: AlertRule[]

test.before(async () => {
  rules = await ruleFiles()
  alerts = await readAlerts(rules)
})

const here = { cwd: prometheusFolder }

test('promtool accepts the configurations of local and global Prometheus, and every rule without a remark', async (t) => {
  const configurations = await promtool(['check', 'config', 'local.yml', 'global.yml'], here)
  t.true(configurations.ok, configurations.output)
  const checked = await promtool(['check', 'rules', '--lint=all', '--lint-fatal', ...rules], here)
  t.true(checked.ok, checked.output)
})

test('every alert is tested by promtool, when it fires and when it does not', async (t) => {
  const files = (await readdir(join(prometheusFolder, 'tests'))).map((file) => join('tests', file))
  const tested = await promtool(['test', 'rules', ...files], here)
  t.true(tested.ok, tested.output)
  const texts = (await Promise.all(files.map((file) => readFile(join(prometheusFolder, file), 'utf8')))).join('\n')
  t.true(alerts.length >= 10)
  for (const { name } of alerts) {
    t.regex(texts, new RegExp(`alertname: ${name}\\n +exp_alerts:\\n`), `${name} fires`)
    t.regex(texts, new RegExp(`alertname: ${name}\\n +exp_alerts: \\[\\]`), `${name} does not fire`)
  }
})

test('every alert has a severity, a description and a section in the runbooks', async (t) => {
  const runbooks = await readFile(join(prometheusFolder, 'runbooks.md'), 'utf8')
  const sections = new Map(
    runbooks.split(/^## /m).map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
  )
  for (const { name, text } of alerts) {
    t.regex(text, /severity: (page|ticket)\n/, name)
    t.regex(text, /summary: \S+/, name)
    t.regex(text, /description: \S+/, name)
    t.true(text.includes(`runbook: infra/deploy/prometheus/runbooks.md#${name.toLowerCase()}\n`), name)
    t.regex(sections.get(name) ?? '', /^- Look: [\s\S]+^- Do: /m, name)
  }
  const others = [...sections.keys()].slice(1).filter((title) => !alerts.some(({ name }) => name === title))
  t.deepEqual(others, [])
})

/** Ways to spoil a rule; null where it has nothing to spoil. */
const mistakes: Record<string, (rule: string) => string | null> = {
  'never fires': (rule) => withExpression(rule, 'vector(0) > 1'),
  'always fires': (rule) => withExpression(rule, 'vector(1)'),
  'does not wait': (rule) => (waits(rule) ? withWait(rule, '0s') : null),
  'waits too long': (rule) => withWait(rule, '9h'),
}

test('a mistake in any alert is found by its tests', async (t) => {
  const tests = (await readdir(join(prometheusFolder, 'tests'))).map((file) => join('tests', file))
  for (const [mistake, spoil] of Object.entries(mistakes)) {
    const spoilt = alerts.flatMap((alert) => {
      const text = spoil(alert.text)
      return text === null ? [] : [{ alert, text }]
    })
    t.true(spoilt.length >= 10, mistake)
    const { output } = await promtool(['test', 'rules', ...tests], { cwd: await copyWith(spoilt) })
    const unnoticed = spoilt.map(({ alert }) => alert.name).filter((name) => !output.includes(`alertname: ${name}, `))
    t.deepEqual(unnoticed, [], mistake)
  }
})

test('a rule that is not PromQL is refused', async (t) => {
  const [alert] = alerts
  if (!alert) return t.fail('there is no alert')
  const folder = await copyWith([{ alert, text: withExpression(alert.text, 'sum by (job (up)') }])
  const { ok, output } = await promtool(['check', 'rules', alert.file], { cwd: folder })
  t.false(ok)
  t.regex(output, /could not parse expression/)
})

function withExpression(rule: string, expression: string): string {
  return rule.replace(/^( +)expr: [\s\S]*?(?=^\1(?:for|labels):)/m, (_, indent) => `${indent}expr: ${expression}\n`)
}

function waits(rule: string): boolean {
  return /^ +for: /m.test(rule)
}

function withWait(rule: string, duration: string): string {
  const without = rule.replace(/^ +for: .*\n/m, '')
  return without.replace(/^( +)labels:/m, (labels, indent) => `${indent}for: ${duration}\n${labels}`)
}

/** A copy of the folder in which some alerts read otherwise. */
async function copyWith(changes: readonly { readonly alert: AlertRule; readonly text: string }[]): Promise<string> {
  const folder = await createTestDirectory('rules')
  await cp(prometheusFolder, folder, { recursive: true })
  for (const { alert, text } of changes) {
    const file = join(folder, alert.file)
    const content = await readFile(file, 'utf8')
    if (text === alert.text || !content.includes(alert.text)) throw new Error(`nothing is changed in ${alert.file}`)
    await writeFile(
      file,
      content.replace(alert.text, () => text),
    )
  }
  return folder
}
