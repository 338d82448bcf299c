import { execFileSync } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '@spillway/origin/dev/folders'
import { checkResult, type Result } from '../measure/result.ts'

/** Folder with the published results, in each commit. */
const published = 'bench/results'

export interface Results {
  /** By the name of the bench. */
  readonly byBench: ReadonlyMap<string, Result>
  /** Files that are no result of today's format, each with the reason. */
  readonly unread: readonly string[]
}

interface Source {
  readonly files: readonly string[]
  read(file: string): string | Promise<string>
}

/**
 * Reads results from a file, a folder, or a commit of the repository (its `bench/results`).
 *
 * @param place path, or any name of a commit that git knows, e.g. `main~3`
 * @throws Error if it is neither
 */
export async function readResults(place: string, repository = root): Promise<Results> {
  const { files, read } = (await onDisk(place)) ?? inCommit(place, repository)
  const byBench = new Map<string, Result>()
  const unread: string[] = []
  for (const file of files) {
    if (!file.endsWith('.json') || file.endsWith('.schema.json')) continue
    try {
      const result = checkResult(JSON.parse(await read(file)))
      byBench.set(result.bench, result)
    } catch (error) {
      // The cast is safe: what it calls throws errors.
      unread.push(`${file}: ${(error as Error).message}`)
    }
  }
  return { byBench, unread }
}

/** `undefined` if there is no such path. */
async function onDisk(place: string): Promise<Source | undefined> {
  const found = await stat(place).catch(() => undefined)
  if (found === undefined) return undefined
  const read = (file: string) => readFile(file, 'utf8')
  if (!found.isDirectory()) return { files: [place], read }
  return { files: (await readdir(place)).map((name) => join(place, name)), read }
}

function inCommit(place: string, repository: string): Source {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, {
      encoding: 'utf8',
      cwd: repository,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    })
  let commit: string
  try {
    commit = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${place}^{commit}`).trim()
  } catch {
    throw new Error(`'${place}' is neither a file, a folder, nor a commit of this repository`)
  }
  const files = git('ls-tree', '--name-only', '-z', commit, '--', `${published}/`).split('\0')
  return { files, read: (file) => git('show', `${commit}:${file}`) }
}
