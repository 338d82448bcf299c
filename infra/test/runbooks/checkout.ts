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
  await packOnce(join(folder, 'infra'))
  const git = (...words: string[]) =>
    run('git', ['-c', 'user.name=me', '-c', 'user.email=me@acme.test', ...words], { cwd: folder })
  await git('init', '--quiet')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'release')
  project.provide('checkout', folder)
  return () => rm(folder, { recursive: true, force: true })
}

/** Packs a release once for all tests, by the real program: it installs dependencies, which takes long. */
async function packOnce(infra: string): Promise<void> {
  const [script, real, packed] = ['release.sh', 'pack.sh', 'packed'].map((name) => join(infra, name)) as [
    string,
    string,
    string,
  ]
  await rename(script, real)
  const words = [
    '#!/usr/bin/env bash',
    'set -euo pipefail',
    `mkdir -p ${packed}`,
    `[[ -s ${packed}/name ]] || ${real} "$1" ${packed} > ${packed}/name`,
    `name=$(cat ${packed}/name)`,
    `cp "${packed}/$name.tar.gz" "$2"`,
    'echo "$name"',
  ]
  await writeFile(script, `${words.join('\n')}\n`, { mode: 0o755 })
}

/** Id of a stage's KV namespace, by the stage's first letter. */
export const namespaceOf = (initial: string): string => initial.charCodeAt(0).toString(16).repeat(16)
