import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

export interface BundleOptions {
  readonly outfile: string
  readonly plugins?: readonly Plugin[]
}

/** Bundles the script into one file: k6 reads TypeScript, but resolves no workspaces and lacks the newest syntax. */
export async function bundleScript({ outfile, plugins = [] }: BundleOptions): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'script.ts')],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2020',
    external: ['k6', 'k6/*'],
    outfile,
    plugins: [...plugins],
    logLevel: 'warning',
  })
}
