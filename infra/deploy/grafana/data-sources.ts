/** Where Grafana reads from. The names of hosts are those of the services in compose and Kubernetes. */
export interface DataSource {
  readonly uid: string
  readonly name: string
  readonly type: 'prometheus' | 'jaeger' | 'tempo'
  readonly url: string
  /** Only the Prometheus processes that scrape have exemplars: federation does not pass them on. */
  readonly hasExemplars?: boolean
}

const jaeger: DataSource = { uid: 'jaeger', name: 'Jaeger', type: 'jaeger', url: 'http://jaeger:16686' }

/** The data source of every dashboard until its reader picks another. */
export const defaultDataSource = prometheus('local-1', { hasExemplars: true })

export const dataSources: readonly DataSource[] = [
  defaultDataSource,
  prometheus('local-2', { hasExemplars: true }),
  prometheus('global-1'),
  prometheus('global-2'),
  { uid: 'thanos', name: 'Thanos', type: 'prometheus', url: 'http://thanos-querier:10902' },
  jaeger,
  { uid: 'tempo', name: 'Tempo', type: 'tempo', url: 'http://tempo:3200' },
]

function prometheus(replica: string, traits: Pick<DataSource, 'hasExemplars'> = {}): DataSource {
  return {
    uid: `prometheus-${replica}`,
    name: `Prometheus ${replica.replace('-', ' ')}`,
    type: 'prometheus',
    url: `http://prometheus-${replica}:9090`,
    ...traits,
  }
}

/** As Grafana reads it when it starts. */
export function dataSourceProvisioning(): object {
  return {
    apiVersion: 1,
    datasources: dataSources.map(({ uid, name, type, url, hasExemplars }) => ({
      uid,
      name,
      type,
      url,
      access: 'proxy',
      isDefault: uid === defaultDataSource.uid,
      editable: false,
      jsonData: {
        // `$__rate_interval` is made of it: the interval of `infra/deploy/prometheus/*.yml`.
        ...(type === 'prometheus' && { httpMethod: 'POST', timeInterval: '15s' }),
        ...(hasExemplars && { exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: jaeger.uid }] }),
      },
    })),
  }
}

/** Tells Grafana where the files of the dashboards lie. */
export function dashboardProvisioning(): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'ticketing',
        folder: 'Ticketing',
        type: 'file',
        // Changed here, not in the browser, where a change would be lost.
        allowUiUpdates: false,
        disableDeletion: true,
        options: { path: '/etc/grafana/dashboards' },
      },
    ],
  }
}
