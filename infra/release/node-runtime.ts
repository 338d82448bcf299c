import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

export const architectures = ['arm64', 'x64'] as const
export type Architecture = (typeof architectures)[number]

/**
 * SHA-256 of the program `bin/node` of each architecture. What is pinned is the program itself and not the archive that
 * brings it, so npm's package, nodejs.org's tarball and a mirror are all held to the same sum. A new version needs new
 * sums: compare `bin/node` of the tarball that nodejs.org's signed SHASUMS256.txt names with that of npm's package.
 */
const pinned: Readonly<Record<string, Readonly<Record<Architecture, string>>>> = {
  '24.21.0': {
    arm64: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
    x64: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
  },
}

/**
 * @returns the SHA-256 of the program
 * @throws {Error} when it is not the pinned one
 */
export function verifyRuntime(program: Uint8Array, version: string, architecture: Architecture): string {
  const expected = pinned[version]?.[architecture]
  if (expected === undefined) {
    throw new Error(`Node ${version} for ${architecture} has no pinned SHA-256: add it to node-runtime.ts`)
  }
  const found = createHash('sha256').update(program).digest('hex')
  if (found !== expected) {
    throw new Error(`Node ${version} for ${architecture} has the SHA-256 ${found}; ${expected} is pinned`)
  }
  return found
}

export interface RuntimeOptions {
  readonly version: string
  readonly architecture: Architecture
  /** Folder for downloads. */
  readonly work: string
  /** Tarball of nodejs.org that is there already, `.tar.gz` or `.tar.xz`. @default npm's package is downloaded */
  readonly tarball?: string | undefined
}

/**
 * Puts a verified Node into a folder, as `node`.
 *
 * @returns its SHA-256
 * @throws {Error} when the program is not the pinned one
 */
export async function addRuntime(folder: string, options: RuntimeOptions): Promise<string> {
  const { version, architecture, work, tarball } = options
  const name = `node-linux-${architecture}`
  if (tarball === undefined) {
    await runProgram('npm', ['pack', '--silent', '--pack-destination', work, `${name}@${version}`], work)
  }
  const archive = tarball ?? join(work, `${name}-${version}.tgz`)
  await runProgram('tar', ['-xf', archive, '--wildcards', '--strip-components=2', '*/bin/node'], work)
  const program = join(work, 'node')
  const digest = verifyRuntime(await readFile(program), version, architecture)
  await mkdir(folder, { recursive: true })
  await copyFile(program, join(folder, 'node'))
  await chmod(join(folder, 'node'), 0o755)
  return digest
}
