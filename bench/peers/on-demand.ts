import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '@spillway/origin/dev/folders'

const run = promisify(execFile)
const installTimeoutMs = 5 * 60_000

/**
 * Packages of peers that are not among our dependencies: Parse Server brings 200 MB and four install scripts, and the
 * MongoDB adapter of Feathers needs another major version of the driver. The first bench that needs them installs them
 * into a folder of their own, at a fixed version, without running install scripts.
 */
export const onDemand = {
  feathers: {
    '@feathersjs/koa': '5.0.50',
    '@feathersjs/mongodb': '5.0.50',
    '@feathersjs/feathers': '5.0.50',
    mongodb: '6.22.0',
  },
  parse: { 'parse-server': '9.10.0', express: '5.2.1' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

export type OnDemand = keyof typeof onDemand

/**
 * @returns a file in the folder that contains them, for `createRequire`
 * @throws Error with npm's output if they cannot be installed
 */
export async function installOnDemand(name: OnDemand, progress: (line: string) => void): Promise<string> {
  const dependencies = onDemand[name]
  const version = Object.values(dependencies).join('-')
  const folder = join(cacheFolder, 'peers', `${name}-${version}`)
  const file = join(folder, 'package.json')
  if (existsSync(file)) return file
  progress(`installing ${Object.keys(dependencies).join(', ')}: once, into the cache folder`)
  // The rename publishes a complete folder: an interrupted installation leaves none.
  const draft = `${folder}.${process.pid}`
  try {
    await mkdir(draft, { recursive: true })
    await writeFile(
      join(draft, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies }),
    )
    const args = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      '--loglevel',
      'error',
    ]
    await run('npm', args, { cwd: draft, timeout: installTimeoutMs, maxBuffer: 16 * 2 ** 20 })
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (existsSync(file)) return file
    // The cast is safe: what was tried throws errors, `execFile` with the program's output.
    const { stderr = '', message } = error as Error & { stderr?: string }
    throw new Error(
      `npm could not install ${Object.keys(dependencies)[0]}: ${stderr.trim().split('\n')[0] || message}`,
    )
  }
  return file
}

/** Environment variable with the folder of a peer's packages. */
export const packagesVariable = 'PEER_PACKAGES'
