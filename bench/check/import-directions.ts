import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Workspaces in the order in which they may import: each one those before it, tests included. */
const workspaces = ['origin', 'edge', 'infra', 'bench']
/** Folders that are deployed. They import nothing of what starts or tests them. */
const shipped = /^(origin\/(application|contract|src)|edge\/(application|src)|infra\/(bin|src))\//
const unshipped = /^(origin|edge)\/(dev|test)\/|^infra\/(local|test)\//
/** The deployed edge imports nothing of the origin but the contract; its entry point also the application. */
const edgeSource = /^edge\/(application|src)\//
const edgeMayImport = /^(edge|origin\/(contract|application))(\/|$)/
/** Exceptions: a check of a deployment, which is a program of a developer's machine. */
const exceptions = new Set([
  'infra/bin/deploy-check.ts',
  'infra/src/check/edge-bundle.ts',
  'infra/src/check/limits.ts',
])

const specifiers = /(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g

/**
 * Imports of source files that point the wrong way, types included: `origin ← edge ← infra ← bench`, from deployed code
 * to code that is not deployed, and from the edge to the origin's service.
 *
 * @param files paths from the root
 * @returns a line each, sorted
 */
export function wrongImports(files: readonly string[], read: (file: string) => string): readonly string[] {
  const wrong: string[] = []
  for (const file of files) {
    const isFree = isTest(file)
    for (const [, specifier = ''] of read(file).matchAll(specifiers)) {
      const target = targetOf(file, specifier)
      if (target === undefined) continue
      const isUpwards = rank(target) > rank(file)
      const isUnshipped = !isFree && shipped.test(file) && unshipped.test(target) && !exceptions.has(file)
      const isService = !isFree && edgeSource.test(file) && !edgeMayImport.test(target)
      if (isUpwards || isUnshipped || isService) wrong.push(`${file} imports ${target}`)
    }
  }
  return wrong.sort()
}

const rank = (path: string): number => workspaces.indexOf(path.split('/')[0] ?? '')

/** Path from the root; `undefined`: not of this repository. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('@spillway/')) return specifier.slice('@spillway/'.length)
  return specifier.startsWith('.') ? join(dirname(file), specifier) : undefined
}

/** Whether a file is a test, or what tests share. */
export const isTest = (file: string): boolean => /\.test\.ts$|\/test\//.test(file)

/** Source files of the workspaces: paths from the root. A checkout need not be a repository. */
export const sourceFiles = (root: string): readonly string[] =>
  globSync(`{${workspaces.join()}}/**/*.{ts,mjs}`, {
    cwd: root,
    exclude: ['**/node_modules/**', '**/cdk.out/**'],
  }).sort()

export const readFrom =
  (root: string) =>
  (file: string): string =>
    readFileSync(join(root, file), 'utf8')
