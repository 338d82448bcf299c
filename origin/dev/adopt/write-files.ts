import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adopted } from './resource-file.ts'

/**
 * Writes resource files into a folder; either all of them or none.
 *
 * @returns the files' paths
 * @throws {Error} if a file exists, or two collections would have the same file
 */
export async function writeFiles(folder: string, adopted: readonly Adopted[]): Promise<readonly string[]> {
  const files = adopted.flatMap(({ file, source }) =>
    file === undefined ? [] : [{ path: join(folder, file), source }],
  )
  const paths = files.map(({ path }) => path)
  const twice = paths.find((path, index) => paths.indexOf(path) !== index)
  if (twice !== undefined)
    throw new Error(`two collections would be in ${twice}: adopt them into folders of their own`)
  const taken = paths.filter((path) => existsSync(path))
  if (taken.length > 0) throw new Error(`${taken.join(', ')} exists: nothing was written`)
  await mkdir(folder, { recursive: true })
  for (const { path, source } of files) await writeFile(path, source, { flag: 'wx' })
  return paths
}
