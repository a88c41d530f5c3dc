import { join } from 'node:path'
import { requireProgram } from '../../infra/system/programs/program.ts'
import { runProgram } from './command.ts'

export interface Certificate {
  readonly certificateFile: string
  readonly keyFile: string
}

/**
 * Makes a certificate and its key, `<name>.crt` and `<name>.key` in a folder. `hosts`: the server's, such as `DNS:localhost`; without
 * `signedBy` it vouches for itself.
 */
export async function makeCertificate(
  directory: string,
  name: string,
  { hosts, signedBy }: { hosts?: string; signedBy?: Certificate } = {},
): Promise<Certificate> {
  const [certificateFile, keyFile] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)]
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const files = ['-keyout', keyFile, '-out', certificateFile]
  const subject = ['-subj', `/CN=${name}`, ...(hosts === undefined ? [] : ['-addext', `subjectAltName=${hosts}`])]
  const authority = signedBy ? ['-CA', signedBy.certificateFile, '-CAkey', signedBy.keyFile] : []
  const { path, environment: env } = await requireProgram('openssl')
  const { code, output } = await runProgram(path, [...args, ...files, ...subject, ...authority], {
    env,
    timeoutMs: 10_000,
  })
  if (code !== 0) throw new Error(output)
  return { certificateFile, keyFile }
}
