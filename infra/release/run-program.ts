import { execFile } from 'node:child_process'
import { delimiter } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const outputMax = 64 * 1024 * 1024

/**
 * The machine's npm: npm scripts put the dependencies' programs first, and one of those brings an npm that is years old.
 */
const withoutDependencies = (path = ''): string =>
  path
    .split(delimiter)
    .filter((folder) => !/node_modules[\\/]\.bin$/.test(folder))
    .join(delimiter)

/**
 * Runs a program of the machine, and returns what it prints.
 *
 * @throws {Error} with its output, if it fails
 */
export async function runProgram(program: string, words: readonly string[], folder: string): Promise<string> {
  const environment = { ...process.env, PATH: withoutDependencies(process.env.PATH) }
  // npm's own variables of this run would lead another npm to this checkout.
  for (const name of Object.keys(environment)) {
    if (/^npm_/i.test(name) && !/^npm_config_(registry|cache|userconfig)$/i.test(name)) {
      Reflect.deleteProperty(environment, name)
    }
  }
  const { stdout } = await run(program, words, { cwd: folder, env: environment, maxBuffer: outputMax })
  return stdout
}
