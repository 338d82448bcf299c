import { execFile } from 'node:child_process'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { copyCheckout } from '../../local/checkout-copy.ts'
import { zoneId } from '../fake-cloudflare/zone.ts'
import { putOwnSettings } from '../support/own-settings.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A checkout as a team has it: a repository with one commit, and settings of its own. */
    readonly checkout: string
  }
}

const run = promisify(execFile)

export default async function checkout(project: TestProject): Promise<() => Promise<void>> {
  const folder = await copyCheckout()
  await putOwnSettings(folder)
  const config = join(folder, 'edge', 'wrangler.jsonc')
  const text = await readFile(config, 'utf8')
  const own = text
    .replace('"ORIGINS": "https://origin-1.', `"ZONE_ID": "${zoneId}",\n        $&`)
    .replaceAll(
      /"id": "spillway-control-(\w)[\w-]*"/g,
      (_match, initial) => `"id": "${namespaceOf(initial)}"`,
    )
  await writeFile(config, own)
  await packOnce(join(folder, 'infra/release'))
  const git = (...words: string[]) =>
    run('git', ['-c', 'user.name=me', '-c', 'user.email=me@acme.test', ...words], { cwd: folder })
  await git('init', '--quiet')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'release')
  project.provide('checkout', folder)
  return () => rm(folder, { recursive: true, force: true })
}

/** Packs a release once for all tests, by the real program: it installs dependencies, which takes long. */
async function packOnce(release: string): Promise<void> {
  const [program, real, packed] = ['main.ts', 'pack-really.ts', 'packed'].map((name) =>
    join(release, name),
  ) as [string, string, string]
  await rename(program, real)
  const lines = [
    "import { execFileSync } from 'node:child_process'",
    "import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'",
    `const packed = ${JSON.stringify(packed)}`,
    'const [commit, folder] = process.argv.slice(2)',
    "if (!existsSync(packed + '/name')) {",
    '  mkdirSync(packed, { recursive: true })',
    `  const words = ['infra/local/run.mjs', ${JSON.stringify(real)}, commit, packed]`,
    "  writeFileSync(packed + '/name', execFileSync(process.execPath, words, { encoding: 'utf8' }))",
    '}',
    "const name = readFileSync(packed + '/name', 'utf8').trim().split('\\n').at(-1)",
    "for (const ending of ['.cdx.json', '.tar.gz']) cpSync(packed + '/' + name + ending, folder + '/' + name + ending)",
    'console.log(name)',
  ]
  await writeFile(program, `${lines.join('\n')}\n`)
}

/** Id of a stage's KV namespace, by the stage's first letter. */
export const namespaceOf = (initial: string): string => initial.charCodeAt(0).toString(16).repeat(16)
