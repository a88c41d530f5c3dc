import { join } from 'node:path'
import test from 'ava'
import { projectRoot } from '../../infra/config.ts'
import { complaintsAbout, natsVariables } from '../support/nats-configuration.ts'

const directory = join(projectRoot, 'infra', 'deploy', 'nats')

for (const name of ['nats.conf', 'cluster.conf']) {
  test(`nats-server takes ${name}, and misses every variable that is not set`, async (t) => {
    t.is(await complaintsAbout(join(directory, name)), '')
    const needed = Object.keys(natsVariables).filter(
      (variable) => name === 'cluster.conf' || !/CLUSTER|NAME/.test(variable),
    )
    for (const variable of needed) {
      const { [variable]: _, ...others } = natsVariables
      t.regex(await complaintsAbout(join(directory, name), others), new RegExp(`'${variable}'.* can not be found`))
    }
  })
}
