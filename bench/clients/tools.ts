import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '@spillway/origin/dev/folders'

const run = promisify(execFile)
const installTimeoutMs = 5 * 60_000

/** Generators of clients and the second linter, which are too large for everybody's installation. */
const packages = {
  '@hey-api/openapi-ts': '0.99.0',
  '@stoplight/spectral-cli': '6.16.3',
  'openapi-fetch': '0.17.0',
  'openapi-typescript': '7.13.0',
  // The generators load the compiler's API, which version 7 does not have.
  typescript: '5.9.3',
}
const pythonPackages = ['openapi-python-client==0.29.1']

/** Folder with the tools: programs of npm in `node_modules/.bin`, those of Python in `python/bin`. */
export async function installTools(log: (line: string) => void): Promise<string> {
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies: packages })
  const pins = createHash('sha256').update(manifest).update(pythonPackages.join()).digest('hex').slice(0, 16)
  const folder = join(cacheFolder, 'clients', pins)
  // A virtual environment cannot be moved into place, so a complete one is told by a mark.
  const mark = join(folder, 'complete')
  const isComplete = await access(mark).then(
    () => true,
    () => false,
  )
  if (isComplete) return folder
  log('Installing the generators of clients from npm and the Python Package Index (200 MB, once) …')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), manifest)
  await install('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder], folder)
  await install('python3', ['-m', 'venv', 'python'], folder)
  await install(
    'python/bin/pip',
    ['install', '--quiet', '--disable-pip-version-check', ...pythonPackages],
    folder,
  )
  await writeFile(mark, '')
  return folder
}

async function install(command: string, args: readonly string[], cwd: string): Promise<void> {
  try {
    await run(command, args, { cwd, timeout: installTimeoutMs, killSignal: 'SIGKILL' })
  } catch (cause) {
    // The cast is safe: `execFile` throws errors, with the output of a program that ran.
    const { stderr, message } = cause as Error & { stderr?: string }
    throw new Error(`the clients need npm, and python3 with venv and pip: ${stderr?.trim() || message}`, {
      cause,
    })
  }
}
