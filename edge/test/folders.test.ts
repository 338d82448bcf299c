import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { expect, it } from 'vitest'

const source = join(import.meta.dirname, '../src')

/** Folder of a file of the edge's; a file beside the folders stands for itself. */
const roomOf = (file: string): string => relative(source, file).split(sep)[0] ?? ''

/** Folders that each folder imports, by types as well. */
function imports(): ReadonlyMap<string, ReadonlySet<string>> {
  const rooms = new Map<string, Set<string>>()
  for (const name of globSync('**/*.ts', { cwd: source })) {
    if (name.endsWith('.test.ts')) continue
    const file = join(source, name)
    const from = roomOf(file)
    const known = rooms.get(from) ?? new Set()
    rooms.set(from, known)
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      const to = roomOf(join(dirname(file), specifier))
      if (to !== from) known.add(to)
    }
  }
  return rooms
}

it('imports no folder from one that it imports itself, directly or by others', () => {
  const rooms = imports()
  expect([...rooms.keys()]).toContain('overload')
  const circles: string[] = []
  const visit = (room: string, path: readonly string[]): void => {
    if (path.includes(room)) circles.push([...path.slice(path.indexOf(room)), room].join(' → '))
    else for (const next of rooms.get(room) ?? []) visit(next, [...path, room])
  }
  for (const room of rooms.keys()) visit(room, [])
  expect([...new Set(circles)]).toEqual([])
})
