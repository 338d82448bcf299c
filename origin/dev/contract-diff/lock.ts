import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { applicationFiles, type WhichApplication } from '../application-files.ts'
import { root } from '../folders.ts'
import type { Surface } from './surface.ts'

/** The contract of the last release, kept beside the application's definition. */
export interface Lock {
  readonly released: Surface
  /** Reasons for which breaking changes since then are meant, by the text of the change. */
  readonly acknowledged: Readonly<Record<string, string>>
}

export const lockFile = (which: WhichApplication): string =>
  join(root, dirname(applicationFiles(which).definition), 'contract.lock.json')

/** `undefined` before the first release. */
export function readLock(file: string): Lock | undefined {
  if (!existsSync(file)) return undefined
  // The cast is safe: `writeLock` wrote the file, and it is kept in git.
  return JSON.parse(readFileSync(file, 'utf8')) as Lock
}

/** Writes a line for each operation, resource and schema, so that a change of the file can be read. */
export function writeLock(file: string, { released, acknowledged }: Lock): void {
  const parts = Object.entries(released).map(
    ([part, named]) => `    ${JSON.stringify(part)}: ${lines(named, 6)}`,
  )
  const text = `{\n  "released": {\n${parts.join(',\n')}\n  },\n  "acknowledged": ${lines(acknowledged, 4)}\n}\n`
  writeFileSync(file, text)
}

function lines(named: object, indent: number): string {
  const entries = Object.entries(named).map(
    ([name, value]) => `${' '.repeat(indent)}${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  )
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${' '.repeat(indent - 2)}}`
}
