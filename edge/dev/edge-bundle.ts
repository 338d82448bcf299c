import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { glob, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { localFolder, root } from '@spillway/origin/dev/folders'
import type { WhichApplication } from '@spillway/origin/dev/origin-process'

const run = promisify(execFile)

/** The Worker as it would be deployed, with the settings of wrangler.jsonc as Miniflare options. */
export interface EdgeBundle {
  readonly scriptFile: string
  readonly workerOptions: Readonly<Record<string, unknown>> & {
    readonly compatibilityDate: string
    readonly compatibilityFlags: string[]
  }
}

const bundleTimeoutMs = 120_000
const config = join(root, 'edge/wrangler.jsonc')
const sources = [
  'edge/{application,src,test/fixture}/**/*.ts',
  'origin/{application,contract,test/fixture}/**/*.ts',
  'edge/wrangler.jsonc',
  'package-lock.json',
]

/** Workers by entry file, relative to the repository's root: the same framework with different applications. */
const workers = { own: 'edge/src/worker.ts', fixture: 'edge/test/fixture/worker.ts' }

/** Bundles the edge with wrangler, so that tests run what a deployment would; cached by the state of the sources. */
export async function bundleEdge(application: WhichApplication = 'own'): Promise<EdgeBundle> {
  const worker = workers[application]
  const folder = join(localFolder, 'edge-bundles', await hashOfSources(worker))
  const optionsFile = join(folder, 'miniflare.json')
  if (!(await exists(optionsFile))) await build(worker, folder, optionsFile)
  const { scriptFile, workerOptions } = JSON.parse(await readFile(optionsFile, 'utf8'))
  return { scriptFile: join(folder, scriptFile), workerOptions }
}

async function build(worker: string, folder: string, optionsFile: string): Promise<void> {
  // The rename publishes a complete bundle: another process may build the same one at the same time.
  const draft = `${folder}.${randomUUID()}`
  try {
    await run(
      join(root, 'node_modules/.bin/wrangler'),
      ['deploy', join(root, worker), '--dry-run', '--env=', '--outdir', draft, '--config', config],
      { cwd: join(root, 'edge'), env: wranglerEnvironment(), timeout: bundleTimeoutMs },
    )
    const { unstable_getMiniflareWorkerOptions: toMiniflare, unstable_readConfig } = await import('wrangler')
    const { vars } = unstable_readConfig({ config })
    const read = toMiniflare(config).workerOptions
    // Omits variables of a developer's .dev.vars, and options that do not apply to a bundle.
    const workerOptions = { ...read, bindings: vars, modulesRules: undefined, rootPath: undefined }
    const scriptFile = `${basename(worker, '.ts')}.js`
    await mkdir(draft, { recursive: true })
    await writeFile(join(draft, 'miniflare.json'), JSON.stringify({ scriptFile, workerOptions }, null, 2))
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (await exists(optionsFile)) return
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`wrangler could not bundle the edge:\n${stdout}${stderr}`, { cause: error })
  }
}

/** Keeps wrangler offline, and its logs and settings out of the home folder. */
export const wranglerEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  XDG_CONFIG_HOME: join(localFolder, 'config'),
})

async function hashOfSources(worker: string): Promise<string> {
  const files = (await Array.fromAsync(glob(sources, { cwd: root }))).filter(
    (file) => !file.endsWith('.test.ts'),
  )
  const hash = createHash('sha256').update(`${worker}\0`)
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(join(root, file)))
  return hash.digest('hex').slice(0, 24)
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  )
