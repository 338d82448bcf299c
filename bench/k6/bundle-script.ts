import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

export interface BundleOptions {
  readonly outfile: string
  readonly plugins?: readonly Plugin[]
}

/** One file that k6 can run: it reads TypeScript by itself, but knows neither workspaces nor the newest syntax. */
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
