import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { wranglerBundle } from '@spillway/edge/dev/wrangler-bundle'
import type { Check } from './finding.ts'

/**
 * Maximum compressed size of the Worker, in KiB. Cloudflare allows 10 MB; this is two orders of magnitude less, because
 * every new isolate parses all of it.
 */
export const bundleKibMax = 160

/** Bundles the Worker like a deployment, without uploading it, and measures its size. */
export async function checkEdgeBundle(environment: string): Promise<Check> {
  const name = `edge bundle (${environment})`
  const outdir = mkdtempSync(join(tmpdir(), 'spillway-edge-'))
  try {
    await wranglerBundle({ environment, folder: outdir })
    const modules = readdirSync(outdir).filter((file) => /\.(js|mjs|wasm|txt|bin)$/.test(file))
    const bytes = modules.reduce((sum, file) => sum + gzipSync(readFileSync(join(outdir, file))).length, 0)
    const kib = Math.ceil(bytes / 1_024)
    return {
      name,
      findings: kib <= bundleKibMax ? [] : [`${kib} KiB compressed, ${bundleKibMax} allowed`],
      note: `${kib} of ${bundleKibMax} KiB compressed`,
    }
  } catch (error) {
    // The cast is safe: a failed bundle is an error.
    return { name, findings: [(error as Error).message] }
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}
