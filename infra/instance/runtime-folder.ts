import { execFileSync } from 'node:child_process'
import { closeSync, fchmodSync, fchownSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Files that exist only in memory, written by root for the origin, and the sources of their content. */
export const folder = process.env.RUNTIME_FOLDER ?? '/run/spillway'

/** @throws {Error} when the setting is missing */
export const setting = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set`)
  return value
}

/** Output of the AWS command line. Its error messages go to the log; its output never does. */
export const aws = (...words: readonly string[]): string =>
  execFileSync('aws', [...words, '--output', 'text'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/**
 * Members of a secret whose name or ARN is in a setting; none if it is not a JSON object, such as the random text of one
 * that nobody has set yet.
 */
export function fetchSecret(name: string): Readonly<Record<string, unknown>> {
  const text = aws(
    ...['secretsmanager', 'get-secret-value', '--secret-id', setting(name)],
    ...['--query', 'SecretString'],
  )
  try {
    return JSON.parse(text) ?? {}
  } catch {
    // The parser's message would quote the secret.
    return {}
  }
}

interface FileMode {
  readonly mode: number
  /** Gives the file to the owner of its folder, the origin's user. @default root's */
  readonly isOrigins?: boolean
}

export function write(name: string, content: string, { mode, isOrigins = false }: FileMode): string {
  const path = join(folder, name)
  // The folder belongs to the origin's user, and this runs as root, so it must not write through a file or link placed
  // there. It creates a new file and changes that file by descriptor, not by name.
  rmSync(`${path}.new`, { force: true })
  const file = openSync(`${path}.new`, 'wx', mode)
  fchmodSync(file, mode)
  writeSync(file, content)
  if (isOrigins) {
    const { uid, gid } = statSync(folder)
    fchownSync(file, uid, gid)
  }
  closeSync(file)
  renameSync(`${path}.new`, path)
  return path
}

/** The public keys that verify the edge's assertions, as JSON. @throws {Error} when there is none */
export function fetchEdgeKeys(): string {
  const name = setting('EDGE_KEYS_PARAMETER')
  const text = aws('ssm', 'get-parameter', '--name', name, '--query', 'Parameter.Value')
  const { keys } = JSON.parse(text)
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('the edge has no assertion keys')
  return text
}

export const edgeKeysFile = 'edge-keys.json'

/** Public keys, readable by the origin's user. */
export const writeEdgeKeys = (text: string): string => write(edgeKeysFile, text, { mode: 0o644 })
