import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The Worker as it would be deployed, with the application of these tests: one ES module. */
    workerScript: string
  }
}

const edgeFolder = join(import.meta.dirname, '../..')

/** Bundles the Worker once per run, by wrangler's own means, as it would be deployed. */
export default async function bundle(project: TestProject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-edge-'))
  try {
    await promisify(execFile)(
      join(edgeFolder, '../node_modules/.bin/wrangler'),
      ['deploy', 'test/fixture/worker.ts', '--dry-run', '--env=', '--outdir', folder],
      {
        cwd: edgeFolder,
        env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
      },
    )
    project.provide('workerScript', await readFile(join(folder, 'worker.js'), 'utf8'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
