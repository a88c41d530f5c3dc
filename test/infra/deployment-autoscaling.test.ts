import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { projectRoot } from '../../infra/config.ts'
import { checkQuery, checkScrape, offeredMetrics } from './deployment/autoscaling.ts'
import { Manifests, manifestsOf } from './deployment/kubernetes-manifests.ts'

const text = (name: string): string => readFileSync(join(projectRoot, 'infra/deploy/k8s/monitoring', name), 'utf8')

/** Of two workers: one nearly full by two operations, one idle; and of a worker in another namespace. */
const series = {
  'operations_in_flight{namespace="ticketing",pod="booking-1",operation="hold-seats"}': 200,
  'operations_in_flight{namespace="ticketing",pod="booking-1",operation="list-seats"}': 40,
  'operations_in_flight_limit{namespace="ticketing",pod="booking-1"}': 256,
  'operations_in_flight{namespace="ticketing",pod="booking-2",operation="hold-seats"}': 0,
  'operations_in_flight_limit{namespace="ticketing",pod="booking-2"}': 256,
  'operations_in_flight{namespace="elsewhere",pod="booking-3",operation="hold-seats"}': 9,
  'operations_in_flight_limit{namespace="elsewhere",pod="booking-3"}': 9,
}

/** How full the two workers are. */
const expected = { '{pod="booking-1"}': 240 / 256, '{pod="booking-2"}': 0 }

test('every metric of ours that an autoscaler asks for is offered by the adapter', async (t) => {
  const scalers = new Manifests(await manifestsOf('overlays/production')).ofKind('HorizontalPodAutoscaler')
  const wanted = scalers.flatMap(({ spec }) => (spec.metrics ?? []).flatMap(({ pods }) => pods?.metric.name ?? []))
  const offered = offeredMetrics()
  t.deepEqual([...new Set(wanted)].sort(), [...offered.keys()].sort())
})

test('autoscalers see how full each worker is', async (t) => {
  const query = offeredMetrics().get('operations_in_flight_share') ?? ''
  const { ok, output } = await checkQuery({ query, series, expected })
  t.true(ok, output)
})

test('autoscalers see how many requests a gateway is answering', async (t) => {
  const query = offeredMetrics().get('http_server_active_requests') ?? ''
  const { ok, output } = await checkQuery({
    query,
    series: { 'http_server_active_requests{namespace="ticketing",pod="gateway-1",instance="gateway-1"}': 31 },
    expected: { '{pod="gateway-1"}': 31 },
  })
  t.true(ok, output)
})

test("the cluster's Prometheus takes the way to our pods", async (t) => {
  const { ok, output } = await checkScrape()
  t.true(ok, output)
})

test('a wrong series, a misspelt member of the adapter or of the scrape is found out', async (t) => {
  const wrong = offeredMetrics(
    text('prometheus-adapter.yaml').replace('operations_in_flight_limit', 'operations_limit'),
  )
  const query = wrong.get('operations_in_flight_share') ?? ''
  t.false((await checkQuery({ query, series, expected })).ok)
  t.throws(() => offeredMetrics(text('prometheus-adapter.yaml').replace('seriesQuery', 'seriesquery')), {
    message: /seriesquery/,
  })
  t.regex((await checkScrape(text('scrape.yaml').replace('honor_labels', 'honour_labels'))).output, /honour_labels/)
})
