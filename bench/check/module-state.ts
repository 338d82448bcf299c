import { parseSync } from 'rolldown/utils'
import { isTest } from './import-directions.ts'

/** Code of which one process or isolate may run two instances: two applications, two Workers, two tests. */
const shared = /^(origin\/(application|client|contract|src)|edge\/(application|src)|infra\/src)\//

/**
 * Variables of modules that can change: `let`, and a `Map`, `Set` or array that begins empty and is not readonly. Two
 * instances in one process would share them. A `WeakMap` is allowed: it keeps what was computed from a key.
 *
 * @param files paths from the root
 * @returns a line each: `edge/src/app.ts:12`
 */
export function moduleState(files: readonly string[], read: (file: string) => string): readonly string[] {
  return files
    .filter((file) => shared.test(file) && file.endsWith('.ts') && !isTest(file))
    .flatMap((file) => changingLines(file, read(file)).map((line) => `${file}:${line}`))
}

function changingLines(file: string, text: string): readonly number[] {
  const { program } = parseSync(file, text, { lang: 'ts' })
  return program.body
    .map((node) => (node.type === 'ExportNamedDeclaration' ? node.declaration : node))
    .filter((node) => node?.type === 'VariableDeclaration')
    .flatMap(({ kind, declarations }) =>
      declarations.filter(({ start, end }) => kind !== 'const' || beginsEmpty.test(text.slice(start, end))),
    )
    .map(({ start }) => text.slice(0, start).split('\n').length)
}

/** `known = new Map<string, number>()`, but not `none: ReadonlySet<string> = new Set()`, or another type of its own. */
const beginsEmpty = /^\w+(: ((Map|Set|Array)<[^=]*|\w+\[\]))? = (new (Map|Set)(<.*>)?\(\)|\[\])$/s
