import { basename, join } from 'node:path'
import { builtOnce } from './built-once.ts'
import { root } from './folders.ts'

const sources = [
  'origin/{contract,src,test/fixture}/**/*.ts',
  'origin/docs/model/example/**/*.ts',
  'origin/dev/origin-bundle.ts',
  'package-lock.json',
]

/** Bundles that this process knows: its sources do not change while tests run. */
const known = new Map<string, Promise<string>>()

/**
 * perf: decision 44. Bundles an origin of the framework's own tests, which start about sixty: the bundle starts in two
 * thirds of the CPU time of the several hundred files that it replaces. Other origins run their sources, as a deployment
 * does.
 *
 * @param main entry point, as a path from the root
 * @returns the entry point to start
 */
export function bundleOrigin(main: string): Promise<string> {
  const bundle = known.get(main) ?? bundled(main)
  known.set(main, bundle)
  return bundle
}

async function bundled(main: string): Promise<string> {
  const folder = await builtOnce({
    // Inside of the dependencies, so that the bundle finds those that it leaves out.
    folder: join(root, 'node_modules/.cache/origin-bundles'),
    name: main,
    sources,
    build: async (outdir) => {
      const { build } = await import('esbuild')
      await build({
        entryPoints: [join(root, main)],
        outdir,
        bundle: true,
        // Modules that the origin loads late stay in files of their own.
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node24',
        keepNames: true,
        outExtension: { '.js': '.mjs' },
        // The origin mends a class of the driver (`driver-repair.ts`), so both need the same copy of it.
        external: ['mongodb'],
        banner: {
          js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
        },
      })
    },
  })
  return join(folder, `${basename(main, '.ts')}.mjs`)
}
