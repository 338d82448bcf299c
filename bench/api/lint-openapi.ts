/** Program: checks the contract's OpenAPI document by Redocly's recommended rules. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { application } from '@spillway/origin/application'
import { openApiDocument } from '@spillway/origin/contract'
import { root } from '@spillway/origin/dev/folders'
import { documentedDeployment } from './documented-deployment.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-openapi-'))
try {
  const document = join(folder, 'openapi.json')
  writeFileSync(document, JSON.stringify(openApiDocument(application, documentedDeployment), null, 2))
  const { status } = spawnSync(
    join(root, 'node_modules/.bin/redocly'),
    ['lint', document, '--config', join(import.meta.dirname, 'redocly.yaml')],
    {
      stdio: 'inherit',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    },
  )
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
