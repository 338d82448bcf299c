import { styleText } from 'node:util'

/** Prefixes each line of several processes on one terminal with its tier. */

const width = 8

export function lineWriter(tier: string): (line: string) => void {
  return (line) => {
    const readable = readableLine(line)
    if (readable !== undefined) console.log(`${styleText('dim', `${tier.padEnd(width)}│`)} ${readable}`)
  }
}

/** Members of a structured log line that a reader at the terminal does not need. */
const noise = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'message', 'v', 'name'])
const pinoLevels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
}

/** Formats a JSON log line: the level (unless `info`), the message, then the rest as `key=value`. */
export function readableLine(line: string): string | undefined {
  const text = line.trimEnd()
  if (text === '') return undefined
  const entry = parseObject(text)
  if (entry === undefined) return text
  // The cast is safe: any other value finds no level.
  const level = pinoLevels[entry.level as number]
  const message = entry.msg ?? entry.message
  const rest = Object.entries(entry)
    .filter(([key]) => !noise.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [level, message, ...rest].filter((part) => part !== undefined && part !== '').join(' ')
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
