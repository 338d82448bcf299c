import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readerPath } from '@spillway/infra/local/reader-path'
import { cacheFolder } from '@spillway/origin/dev/folders'

const run = promisify(execFile)
const installTimeoutMs = 5 * 60_000

/**
 * The generator of the site, as the lockfile in `generator/` pins it. It is too large for everybody's installation, so it
 * is installed outside the checkout when it is first needed.
 *
 * @returns its folder `node_modules`
 */
export async function installGenerator(log: (line: string) => void): Promise<string> {
  const pinned = join(import.meta.dirname, '../generator')
  const pins = createHash('sha256')
    .update(await readFile(join(pinned, 'package-lock.json')))
    .digest('hex')
    .slice(0, 16)
  const folder = join(cacheFolder, 'guides', pins)
  const modules = join(folder, 'node_modules')
  if (existsSync(folder)) return modules
  log('Installing the generator of the site from npm (100 MB, once) …')
  // The rename puts a complete one in place.
  const made = `${folder}.${randomUUID()}`
  await mkdir(made, { recursive: true })
  try {
    for (const name of ['package.json', 'package-lock.json']) {
      await copyFile(join(pinned, name), join(made, name))
    }
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: made,
      env: { ...process.env, PATH: readerPath() },
      timeout: installTimeoutMs,
      killSignal: 'SIGKILL',
    })
    await rename(made, folder)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return modules
}
