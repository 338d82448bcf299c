import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '@spillway/origin/dev/folders'

const run = promisify(execFile)

/**
 * A copy of this checkout as it is, to be changed and thrown away: all files that version control knows or would take, and
 * the same dependencies. The workspaces are its own, so that nothing of it runs from here.
 *
 * @returns the folder, to be removed by the caller
 */
export async function copyCheckout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-copy-'))
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 16 << 20,
  })
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    // A file that is deleted and not yet committed is still listed.
    await cp(join(root, file), join(folder, file), { recursive: true }).catch((error) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  await linkDependencies(folder)
  return folder
}

/** Each package by itself: one link for all of them would lead the workspaces back here. */
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
