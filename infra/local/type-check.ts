import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { startChild } from '@spillway/origin/dev/child'
import { root } from '@spillway/origin/dev/folders'

/**
 * Checks the types of the projects, like `npm run check`. Nothing waits for it: the code runs without its types.
 * It takes seconds, so it runs with one checker, whose work further ones would repeat, and at the lowest priority:
 * requests that arrive meanwhile go first.
 *
 * @param projects folders with a `tsconfig.json`
 * @returns one line per error, with its position; empty if there is none or the signal was aborted
 */
export async function checkTypes(
  projects: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines: string[] = []
  for (const project of projects) {
    if (signal.aborted) return []
    const child = await startChild({
      name: 'types',
      command: join(root, 'node_modules/.bin/tsc'),
      args: ['-p', project, '--pretty', 'false', '--checkers', '1'],
      cwd: root,
      onLine: (line) => {
        if (/^\S+\(\d+,\d+\): error /.test(line)) lines.push(line)
      },
    })
    setPriority(child.pid, constants.priority.PRIORITY_LOW)
    const abort = () => void child.stop(0)
    signal.addEventListener('abort', abort, { once: true })
    await child.exited
    signal.removeEventListener('abort', abort)
  }
  return signal.aborted ? [] : [...new Set(lines)]
}
