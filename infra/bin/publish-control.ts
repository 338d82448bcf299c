/**
 * Program: `node infra/bin/publish-control.ts --stage STAGE` copies the switches and revocations of a stage into the
 * key that its edges read. Runbooks call it after each change; call it yourself after a change by hand.
 */
import { parseArgs } from 'node:util'
import { CloudflareApi } from '../runbook/cloudflare-api.ts'
import { controlNamespaceId } from '../runbook/control-namespace.ts'
import { publishControl } from '../runbook/publish-control.ts'
import { stages } from '../src/stages.ts'

const { stage } = parseArgs({ options: { stage: { type: 'string' } } }).values
if (stage === undefined || !Object.hasOwn(stages, stage)) {
  console.error(`node infra/bin/publish-control.ts --stage ${Object.keys(stages).join('|')}`)
  process.exit(2)
}

try {
  const written = await publishControl(new CloudflareApi(process.env).kv(controlNamespaceId(stage)))
  console.log(written === 0 ? 'edges read these switches already' : 'published to the edges')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
