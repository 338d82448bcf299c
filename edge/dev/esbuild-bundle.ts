import { build } from 'esbuild'

/**
 * Bundles a Worker for workerd with the settings that wrangler gives esbuild, but without wrangler, which takes five
 * times as long: for `npm start`, which bundles after each change, and for the Workers of examples in tests.
 *
 * @param worker its file
 * @param scriptFile file that the bundle is written to
 * @throws {BuildFailure} if esbuild finds mistakes
 */
export async function esbuildBundle(
  worker: string,
  scriptFile: string,
  options: { readonly sourcemap?: 'inline' } = {},
): Promise<void> {
  await build({
    entryPoints: [worker],
    outfile: scriptFile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'silent',
    ...options,
  })
}
