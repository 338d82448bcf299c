import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '@spillway/origin/dev/folders'

const version = '2.12.0'

/**
 * Path of MongoDB's shell, which the guides use: too large for everybody's installation, so it is installed outside the
 * checkout when it is first needed.
 *
 * @throws Error if npm or its registry is unavailable
 */
export function mongosh(): string {
  const folder = join(cacheFolder, `mongosh-${version}`)
  if (!existsSync(folder)) {
    console.log('Installing mongosh from npm (150 MB, once) …')
    const made = `${folder}.${process.pid}`
    mkdirSync(made, { recursive: true })
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefix', made]
    execFileSync('npm', ['install', ...options, `mongosh@${version}`], { stdio: 'pipe', timeout: 5 * 60_000 })
    // A complete one is put in place, or another process has done so.
    if (existsSync(folder)) rmSync(made, { recursive: true })
    else renameSync(made, folder)
  }
  return join(folder, 'node_modules', '.bin', 'mongosh')
}
