import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '@spillway/origin/dev/folders'

const run = promisify(execFile)

/**
 * Copies this checkout to a temporary folder that may be changed: all tracked and untracked files that version control
 * does not ignore, and links to the same dependencies. The workspaces link to the copy, so that no code runs from here.
 *
 * @returns the folder, which the caller must remove
 */
export async function copyCheckout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-copy-'))
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 16 << 20,
  })
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    // A deleted file that is not committed yet is still listed.
    await cp(join(root, file), join(folder, file), { recursive: true }).catch((error) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  await linkDependencies(folder)
  return folder
}

/** Links each package separately: a single link to node_modules would lead the workspaces back here. */
async function linkDependencies(folder: string): Promise<void> {
  const from = join(root, 'node_modules')
  const to = join(folder, 'node_modules')
  await mkdir(join(to, '@spillway'), { recursive: true })
  for (const name of await readdir(from)) {
    if (name !== '@spillway') await symlink(join(from, name), join(to, name))
  }
  for (const workspace of await readdir(join(from, '@spillway'))) {
    await symlink(join(folder, workspace), join(to, '@spillway', workspace))
  }
}
