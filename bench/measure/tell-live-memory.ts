import { appendFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Preloaded into the measured server (`--import`): on SIGUSR2 it collects all garbage and appends the memory that is
 * left, in MB, to the file of this variable.
 */
export const liveMemoryFile = 'BENCH_LIVE_MEMORY_FILE'

const file = process.env[liveMemoryFile]
if (file !== undefined) {
  setFlagsFromString('--expose-gc')
  // The cast: contexts that are made after the flag was set have the function.
  const collect = runInNewContext('gc') as () => void
  process.on('SIGUSR2', () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    appendFileSync(file, `${(heapUsed + external) / 2 ** 20}\n`)
  })
}
