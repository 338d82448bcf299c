import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { localFolder, root } from '@spillway/origin/dev/folders'

const run = promisify(execFile)

export const edgeConfig = join(root, 'edge/wrangler.jsonc')

const bundleTimeoutMs = 120_000

export interface WranglerBundleOptions {
  /** Folder that the bundle is put into. */
  readonly folder: string
  /** Environment of wrangler.jsonc. @default its top level */
  readonly environment?: string
  /** File of the Worker. @default the `main` of wrangler.jsonc */
  readonly worker?: string
}

/**
 * Bundles the Worker like a deployment, without uploading it.
 *
 * @throws Error with all that wrangler printed
 */
export async function wranglerBundle(options: WranglerBundleOptions): Promise<void> {
  const { folder, environment = '', worker } = options
  const files = worker === undefined ? [] : [worker]
  const flags = ['--dry-run', `--env=${environment}`, '--outdir', folder, '--config', edgeConfig]
  try {
    await run(join(root, 'node_modules/.bin/wrangler'), ['deploy', ...files, ...flags], {
      cwd: join(root, 'edge'),
      env: wranglerEnvironment(),
      timeout: bundleTimeoutMs,
    })
  } catch (error) {
    // The cast is safe: an error of `execFile` carries both; one of the start of the program carries neither.
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`wrangler could not bundle the edge:\n${stdout}${stderr}`, { cause: error })
  }
}

/** Keeps wrangler offline, and its logs and settings out of the home folder. */
const wranglerEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  XDG_CONFIG_HOME: join(localFolder, 'config'),
})
