import { execFileSync } from 'node:child_process'

/** Files that the benches write, from the root. They do not change what is measured. */
const written = ['bench/results', 'bench/report/index.html', 'bench/report/*.svg']

/** End of a commit's name whose checkout has changes: its figures cannot be measured again. */
export const dirtyMark = '-dirty'

export const noCheckout = 'not a checkout'

/**
 * Commit of a checkout: twelve digits, with {@link dirtyMark} if tracked files differ from it. Files that a bench
 * itself writes do not count. Otherwise the first of several benches would mark all later ones.
 */
export function commitOf(folder: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const commit = git('rev-parse', '--short=12', 'HEAD')
    const others = written.map((path) => `:(top,exclude)${path}`)
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', ':/', ...others)
    return changes === '' ? commit : `${commit}${dirtyMark}`
  } catch {
    return noCheckout
  }
}
