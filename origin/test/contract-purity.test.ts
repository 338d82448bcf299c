import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it } from 'vitest'

const origin = join(import.meta.dirname, '..')
const contract = join(origin, 'contract')
const application = join(origin, 'application')

/** Names of runtime globals, each missing in one of the two runtimes or impure. */
const runtime = /\b(process\.|globalThis\.|Date\.now\(|Math\.random\(|Buffer\b)/

const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:from|import) '([^']+)'|\bimport\('([^']+)'\)/g)].map(
    ([, named, dynamic]) => named ?? (dynamic as string),
  )

const isBelow = (folder: string, file: string): boolean => !relative(folder, file).startsWith('..')

/** Both runtimes load the contract, so it must depend on neither. */
it('the contract imports only itself and typebox, and uses no runtime', () => {
  const sources = readdirSync(contract, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  )
  expect(sources.length).toBeGreaterThan(20)
  for (const file of sources) {
    const text = readFileSync(join(contract, file), 'utf8')
    for (const target of importsOf(text)) {
      const inside = target.startsWith('.') && isBelow(contract, join(contract, file, '..', target))
      expect(inside || target === 'typebox', `${file} imports ${target}`).toBe(true)
    }
    expect(text, `${file} names a runtime`).not.toMatch(runtime)
  }
})

/** The client's own files, and files of the contract that import nothing themselves. */
const leafOfContract = /^(?:\.\/[a-z-]+|\.\.\/contract\/(?:headers|retry-budget|text-list))\.ts$/

/** Web pages bundle the client. */
it('the client imports only itself, leaves of the contract, and types', () => {
  const client = join(origin, 'client')
  const sources = readdirSync(client).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  expect(sources.length).toBeGreaterThan(5)
  for (const file of sources) {
    const text = readFileSync(join(client, file), 'utf8')
    // Comments and types leave nothing in a bundle.
    const kept = text.replace(/^ \* .*$/gm, '').replace(/^import type [^;]*? from '[^']+'$/gm, '')
    for (const target of importsOf(kept)) expect(target, `${file} imports ${target}`).toMatch(leafOfContract)
    expect(text, `${file} names a runtime`).not.toMatch(/\bprocess\.|\bBuffer\b/)
  }
})

it.each(['headers.ts', 'retry-budget.ts', 'text-list.ts'])('%s of the contract imports nothing', (file) => {
  expect(importsOf(readFileSync(join(contract, file), 'utf8'))).toEqual([])
})

/** The Worker's bundle contains the application, so it must not reach modules of the origin or of development. */
it('the application imports only itself, the contract and typebox, and uses no runtime', () => {
  const reached = new Set([join(application, 'index.ts')])
  for (const file of reached) {
    const text = readFileSync(file, 'utf8')
    const name = relative(origin, file)
    for (const target of importsOf(text)) {
      const path = join(file, '..', target)
      const inside = target.startsWith('.') && isBelow(application, path)
      if (inside) reached.add(path)
      const allowed = inside || target === 'typebox' || target === '@spillway/origin/contract'
      expect(allowed, `${name} imports ${target}`).toBe(true)
    }
    expect(text, `${name} names a runtime`).not.toMatch(runtime)
  }
  expect(reached.size).toBeGreaterThan(1)
})
