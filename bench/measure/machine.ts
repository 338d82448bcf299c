import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { type Static, Type } from 'typebox'
import { commitOf } from './commit.ts'

/** Machine on which a figure was measured, so that readers can compare it with theirs. */
export const Machine = Type.Object({
  cpu: Type.String(),
  cores: Type.Integer({ description: 'CPUs that this process may use.' }),
  memoryGiB: Type.Number(),
  system: Type.String(),
})

export const Versions = Type.Record(Type.String(), Type.String())

export const describeMachine = (): Static<typeof Machine> => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
  system: `${type()} ${release()} ${arch()}`,
})

/** Versions of the runtime, the checkout and the packages that take part. */
export function describeVersions(packages: readonly string[]): Static<typeof Versions> {
  const versions: Record<string, string> = { node: process.version, commit: commitOf(import.meta.dirname) }
  for (const name of packages) versions[name] = versionOf(name)
  return versions
}

const require = createRequire(import.meta.url)

/** Finds the nearest package.json above a package's entry: in many packages `exports` hides it from `require`. */
function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version
    } catch {
      // Looks further up: a package is in the nearest folder that has it.
    }
  }
  return 'not installed'
}
