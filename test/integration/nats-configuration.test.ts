import { join } from 'node:path'
import test from 'ava'
import { projectRoot } from '../../infra/config.ts'
import { complaintsAbout, type Edit, editedNatsConfiguration, natsVariables } from '../support/nats-configuration.ts'

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

const mistakes: Record<string, { edit: Edit; complaint: RegExp }> = {
  'a limit that is misspelt': {
    edit: { file: 'limits.conf', from: 'max_payload', to: 'max_paylod' },
    complaint: /unknown field "max_paylod"/,
  },
  'a file that is not there': {
    edit: { file: 'nats.conf', from: 'include "limits.conf"', to: 'include "limit.conf"' },
    complaint: /open .*limit\.conf: no such file/,
  },
  'a right that is misspelt': {
    edit: { file: 'permissions.conf', from: 'subscribe:', to: 'subscrib:' },
    complaint: /Unknown field "subscrib" parsing permissions/,
  },
  'a password under a wrong name': {
    edit: { file: 'permissions.conf', from: '$NATS_PASSWORD_EVENT', to: '$NATS_PASSWORD_EVENTS' },
    complaint: /'NATS_PASSWORD_EVENTS'.* can not be found/,
  },
  'a user twice': {
    edit: { file: 'permissions.conf', from: 'user: event', to: 'user: booking' },
    complaint: /Duplicate user "booking"/,
  },
  'a list without its end': {
    edit: { file: 'permissions.conf', from: '"_INBOX_auditor.>"', to: '"_INBOX_auditor.>' },
    complaint: /error parsing include file 'permissions.conf'/,
  },
}
for (const [title, { edit, complaint }] of Object.entries(mistakes)) {
  test(`nats-server finds ${title}`, async (t) => {
    const edited = await editedNatsConfiguration([edit])
    t.regex(await complaintsAbout(join(edited, 'nats.conf')), complaint)
  })
}
