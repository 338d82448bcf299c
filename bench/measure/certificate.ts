import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface Certificate {
  /** Certificate and key, PEM. */
  readonly files: readonly [string, string]
}

/** Self-signed certificate for the names, for a day. */
export function createCertificate(folder: string, names: readonly string[]): Certificate {
  const files = [join(folder, 'certificate.pem'), join(folder, 'key.pem')] as const
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files[1]]
  const subject = [
    '-subj',
    '/CN=spillway-bench',
    '-addext',
    `subjectAltName=${names.map((name) => `DNS:${name}`)}`,
  ]
  const words = ['req', '-x509', '-days', '1', ...key, ...subject, '-out', files[0]]
  execFileSync('openssl', words, { stdio: 'ignore' })
  return { files }
}
