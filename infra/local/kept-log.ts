import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { localFolder } from '@spillway/origin/dev/folders'

/** File of a tier's log lines on this machine. */
export const keptLogFile = (tier: string): string => join(localFolder, 'log', `${tier}.log`)

/** Size at which a new log starts; the one before is kept as `….log.1`. */
const bytesMax = 5_000_000

/** Appends lines to a tier's log, each with the time, so that `npm run why` can read them. Starts with an empty log. */
export function keepLog(tier: string, file = keptLogFile(tier), limit = bytesMax): (line: string) => void {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, '')
  let bytes = 0
  return (line) => {
    if (bytes > limit) {
      renameSync(file, `${file}.1`)
      bytes = 0
    }
    const text = `${new Date().toISOString()} ${line}\n`
    bytes += Buffer.byteLength(text)
    appendFileSync(file, text)
  }
}
