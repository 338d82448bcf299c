import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '@spillway/origin/dev/folders'

/**
 * Runs a program that a dependency brings, in the root, with its output to ours.
 *
 * @returns whether it found nothing wrong
 */
export function runTool(name: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(join(root, 'node_modules/.bin', name), args, { cwd: root, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code === 0))
  })
}
