/** Program: checks the OpenAPI documents of two applications by Redocly's recommended rules. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { application } from '@spillway/origin/application'
import { openApiDocument } from '@spillway/origin/contract'
import { root } from '@spillway/origin/dev/folders'
import { application as marketplace } from '../marketplace/application/index.ts'
import { documentedDeployment } from './documented-deployment.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-openapi-'))
try {
  // The second one has what the sample lacks, such as webhooks and queries.
  const documents = [application, marketplace].map((one) => {
    const file = join(folder, `${one.name}.json`)
    writeFileSync(file, JSON.stringify(openApiDocument(one, documentedDeployment), null, 2))
    return file
  })
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/redocly'),
    ['lint', ...documents, '--config', join(import.meta.dirname, 'redocly.yaml')],
    {
      stdio: 'inherit',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    },
  )
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
