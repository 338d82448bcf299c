import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Decision records of the tiers that the root's README does not link, sorted. */
export async function unlinkedDecisions(root: string): Promise<readonly string[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const records = await Array.fromAsync(glob('{origin,edge,infra,bench}/decisions/*.md', { cwd: root }))
  return records.filter((file) => !readme.includes(`](${file})`)).sort()
}
