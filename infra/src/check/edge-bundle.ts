import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { edgeFolder } from './edge-environments.ts'
import type { Check } from './finding.ts'
import { run } from './run.ts'

/**
 * Maximum compressed size of the Worker, in KiB. Cloudflare allows 10 MB; this is two orders of magnitude less, because
 * every new isolate parses all of it.
 */
export const bundleKibMax = 160

const wrangler = join(edgeFolder, '..', 'node_modules', '.bin', 'wrangler')

/** Bundles the Worker like a deployment, without uploading it, and measures its size. */
export function checkEdgeBundle(environment: string): Check {
  const name = `edge bundle (${environment})`
  const outdir = mkdtempSync(join(tmpdir(), 'spillway-edge-'))
  try {
    const { status, output } = run(
      wrangler,
      ['deploy', '--dry-run', '--env', environment, '--outdir', outdir],
      {
        cwd: edgeFolder,
        env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
      },
    )
    if (status !== 0) return { name, findings: [output] }
    const modules = readdirSync(outdir).filter((file) => /\.(js|mjs|wasm|txt|bin)$/.test(file))
    const bytes = modules.reduce((sum, file) => sum + gzipSync(readFileSync(join(outdir, file))).length, 0)
    const kib = Math.ceil(bytes / 1_024)
    return {
      name,
      findings: kib <= bundleKibMax ? [] : [`${kib} KiB compressed, ${bundleKibMax} allowed`],
      note: `${kib} of ${bundleKibMax} KiB compressed`,
    }
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}
