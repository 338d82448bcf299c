import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Results } from './score.ts'

const cli = fileURLToPath(import.meta.resolve('http-cache-tests/cli.mjs'))

/**
 * Runs the suite's command line against a cache, in a process of its own: it keeps its results in module state.
 * @throws when it prints anything but results
 */
export async function runSuite(url: string, timeoutMs: number): Promise<Results> {
  const client = spawn(process.execPath, ['--no-warnings', cli], {
    cwd: fileURLToPath(new URL('.', import.meta.resolve('http-cache-tests/cli.mjs'))),
    // The names under which npm would hand over `--base` and an empty `--id`: all tests.
    env: { ...process.env, npm_config_base: url, npm_config_id: '', npm_package_config_id: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const timer = setTimeout(() => client.kill('SIGKILL'), timeoutMs)
  try {
    return JSON.parse(await text(client.stdout))
  } catch (cause) {
    throw new Error(`the suite's client printed no results within ${timeoutMs} ms`, { cause })
  } finally {
    clearTimeout(timer)
  }
}
