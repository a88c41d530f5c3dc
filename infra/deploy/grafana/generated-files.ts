import { allDashboards } from './dashboards/all-dashboards.ts'
import { dashboardProvisioning, dataSourceProvisioning } from './data-sources.ts'
import { renderDashboard } from './render-dashboard.ts'

/** Everything that Grafana reads, by its path in the folder `generated`. */
export function generatedFiles(): Map<string, string> {
  return new Map([
    // Grafana wants these two to be called YAML, and JSON is valid YAML.
    ['provisioning/datasources/data-sources.yml', json(dataSourceProvisioning())],
    ['provisioning/dashboards/dashboards.yml', json(dashboardProvisioning())],
    ...allDashboards.map((dashboard): [string, string] => [
      `dashboards/${dashboard.uid}.json`,
      json(renderDashboard(dashboard)),
    ]),
  ])
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
