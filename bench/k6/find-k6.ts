import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The program, from K6 or the PATH. */
export function findK6(env: NodeJS.ProcessEnv): string | undefined {
  const candidates = env.K6 ? [env.K6] : (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'k6'))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export const howToGetK6 = `k6 is not on the PATH. It is a program of Grafana Labs under the AGPL, which this project neither ships nor needs:

  macOS            brew install k6
  Windows          winget install k6 --source winget
  Debian, Fedora   https://grafana.com/docs/k6/latest/set-up/install-k6/
  anywhere else    https://github.com/grafana/k6/releases, one file; K6=/path/to/k6 npm run k6 -- …

The same scenarios run without it, with the same summary and exit code: npm run scenario -- …`
