import { createHash, randomUUID } from 'node:crypto'
import { glob, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './folders.ts'

export interface Building {
  /** Folder of all builds of this kind. */
  readonly folder: string
  /** Distinguishes builds of the same sources. */
  readonly name: string
  /** Files that the result depends on, as glob patterns from the root. Tests among them are left out. */
  readonly sources: readonly string[]
  /** Writes the result into an empty folder. */
  readonly build: (folder: string) => Promise<void>
}

/**
 * Builds once for each state of the sources, also where several processes ask at the same time.
 *
 * @returns folder of the result
 */
export async function builtOnce({ folder: parent, name, sources, build }: Building): Promise<string> {
  const folder = join(parent, await hashOfSources(name, sources))
  if (await exists(folder)) return folder
  // The rename publishes a complete result: another process may build the same one at the same time.
  const draft = `${folder}.${randomUUID()}`
  try {
    await mkdir(draft, { recursive: true })
    await build(draft)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  }
  return folder
}

async function hashOfSources(name: string, sources: readonly string[]): Promise<string> {
  const files: string[] = []
  for await (const file of glob(sources, { cwd: root })) if (!file.endsWith('.test.ts')) files.push(file)
  const hash = createHash('sha256').update(`${name}\0`)
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(join(root, file)))
  return hash.digest('hex').slice(0, 24)
}

const exists = (folder: string) =>
  stat(folder).then(
    () => true,
    () => false,
  )
