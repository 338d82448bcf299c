import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builtOnce } from '@spillway/origin/dev/built-once'
import { localFolder } from '@spillway/origin/dev/folders'
import { edgeConfig } from './wrangler-bundle.ts'

/** Settings of wrangler.jsonc as Miniflare takes them. */
export type MiniflareOptions = Readonly<Record<string, unknown>> & {
  readonly compatibilityDate: string
  readonly compatibilityFlags: string[]
}

const optionsFile = 'miniflare.json'

/**
 * Reads wrangler.jsonc, and keeps what it says: wrangler, which reads it, takes longer to load than a Worker to start.
 */
export async function edgeOptions(): Promise<MiniflareOptions> {
  const folder = await builtOnce({
    folder: join(localFolder, 'edge-options'),
    name: optionsFile,
    sources: ['edge/wrangler.jsonc', 'edge/dev/edge-options.ts', 'package-lock.json'],
    build: writeOptions,
  })
  return JSON.parse(await readFile(join(folder, optionsFile), 'utf8'))
}

async function writeOptions(folder: string): Promise<void> {
  const { unstable_getMiniflareWorkerOptions: toMiniflare, unstable_readConfig } = await import('wrangler')
  const { vars } = unstable_readConfig({ config: edgeConfig })
  const read = toMiniflare(edgeConfig).workerOptions
  if (read.compatibilityDate === undefined) throw new Error('edge/wrangler.jsonc names no compatibility_date')
  // Omits variables of a developer's .dev.vars, and options that do not apply to a bundle. Miniflare would put a Worker
  // of its own before this one to serve assets.
  const workerOptions = {
    ...read,
    bindings: vars,
    modulesRules: undefined,
    rootPath: undefined,
    assets: undefined,
  }
  await writeFile(join(folder, optionsFile), JSON.stringify(workerOptions, null, 2))
}
