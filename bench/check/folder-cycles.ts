import { dirname, join, relative, sep } from 'node:path'
import { isTest } from './import-directions.ts'

/** Sources of which each folder is a subject. */
const sources = ['origin/src', 'edge/src', 'infra', 'bench']

const specifiers = /\bfrom '(\.[^']+)'/g

/**
 * Cycles among folders that are subjects: a folder that imports one that imports it, directly or through others, by
 * types as well. A file beside the folders stands for itself; tests may import anything.
 *
 * @param files paths from the root
 * @returns a line each: `origin/src: http → store → http`
 */
export function folderCycles(files: readonly string[], read: (file: string) => string): readonly string[] {
  return sources.flatMap((source) =>
    cyclesOf(importsOf(source, files, read)).map((cycle) => `${source}: ${cycle.join(' → ')}`),
  )
}

/** Folders that each folder of a source imports. */
function importsOf(
  source: string,
  files: readonly string[],
  read: (file: string) => string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const folderOf = (file: string): string => relative(source, file).split(sep)[0] ?? ''
  const imports = new Map<string, Set<string>>()
  for (const file of files) {
    if (!file.startsWith(`${source}/`) || isTest(file)) continue
    const folder = folderOf(file)
    const known = imports.get(folder) ?? new Set()
    imports.set(folder, known)
    for (const [, specifier = ''] of read(file).matchAll(specifiers)) {
      const imported = folderOf(join(dirname(file), specifier))
      if (imported !== folder) known.add(imported)
    }
  }
  return imports
}

/** One cycle for each folder that a depth-first walk comes back to. */
function cyclesOf(imports: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = []
  const done = new Set<string>()
  const visit = (folder: string, path: readonly string[]): void => {
    const start = path.indexOf(folder)
    if (start !== -1) cycles.push([...path.slice(start), folder])
    if (start !== -1 || done.has(folder)) return
    for (const next of imports.get(folder) ?? []) visit(next, [...path, folder])
    done.add(folder)
  }
  for (const folder of imports.keys()) visit(folder, [])
  return cycles
}
