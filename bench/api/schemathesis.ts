import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '@spillway/origin/dev/folders'

const run = promisify(execFile)
const installTimeoutMs = 5 * 60_000

/**
 * Path of schemathesis. The first use installs it into a virtual environment outside the repository; each content of
 * requirements.txt has one.
 *
 * @throws Error with the output of the installer if python3 or the Python Package Index is not available
 */
export async function schemathesis(log: (line: string) => void): Promise<string> {
  const requirements = join(import.meta.dirname, 'requirements.txt')
  const pins = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16)
  const folder = join(cacheFolder, 'schemathesis', pins)
  // A virtual environment cannot be renamed after its creation, so a marker file shows that it is complete.
  const mark = join(folder, 'complete')
  const isComplete = await access(mark).then(
    () => true,
    () => false,
  )
  if (!isComplete) {
    log('Installing schemathesis from the Python Package Index (90 MB, once) …')
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await install('python3', ['-m', 'venv', folder])
    await install(join(folder, 'bin/pip'), [
      ...['install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
    ])
    await writeFile(mark, '')
  }
  return join(folder, 'bin/schemathesis')
}

async function install(command: string, args: readonly string[]): Promise<void> {
  try {
    await run(command, args, { timeout: installTimeoutMs, killSignal: 'SIGKILL' })
  } catch (cause) {
    // The cast is safe: `execFile` throws errors, with the output of a program that ran.
    const { stderr, message } = cause as Error & { stderr?: string }
    throw new Error(`schemathesis needs python3 with venv and pip: ${stderr?.trim() || message}`, { cause })
  }
}
