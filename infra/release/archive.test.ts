import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf, packFolder } from './archive.ts'

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'spillway-archive-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const at = new Date('2026-11-30T00:00:00Z')
/** The same content, made in another order, at another time and under another umask. */
function makeTree(name: string, files: readonly string[], mode: number): string {
  const folder = join(scratch, name)
  mkdirSync(join(folder, 'b', 'empty'), { recursive: true, mode: 0o700 | mode })
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), `content of ${file}\n`, { mode: 0o600 | mode })
    utimesSync(join(folder, file), new Date(), new Date(Date.now() - mode * 1e6))
  }
  chmodSync(join(folder, 'b/run.sh'), 0o700 | mode)
  symlinkSync('run.sh', join(folder, 'b/link'))
  return folder
}
const files = ['b/run.sh', 'a.txt', `deep/${'long-'.repeat(30)}/é.txt`]

it('equal content makes equal archives, and other content does not', async () => {
  const one = await packFolder(makeTree('one', files, 0o000), join(scratch, 'one.tar.gz'), at)
  const tree = makeTree('two', files.toReversed(), 0o055)
  const two = await packFolder(tree, join(scratch, 'two.tar.gz'), at)
  expect(readFileSync(two.file).equals(readFileSync(one.file))).toBe(true)
  expect(two.digest).toBe(await digestOf(one.file))

  chmodSync(join(tree, 'a.txt'), 0o755)
  const three = await packFolder(tree, join(scratch, 'three.tar.gz'), at)
  expect(three.contentDigest).not.toBe(one.contentDigest)
})

it('is a tar that any program reads, with nothing of this machine in it', async () => {
  const { file } = await packFolder(makeTree('listed', files, 0o011), join(scratch, 'listed.tar.gz'), at)
  const listed = execFileSync('tar', ['--numeric-owner', '--full-time', '--utc', '-tvzf', file], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  const lines = listed.trim().split('\n')
  expect(lines.every((line) => line.includes(' 0/0 ') && line.includes('2026-11-30 00:00:00'))).toBe(true)
  expect(lines.find((line) => line.endsWith('b/run.sh'))).toMatch(/^-rwxr-xr-x/)
  expect(lines.find((line) => line.includes('b/link -> run.sh'))).toMatch(/^l/)
  expect(lines.find((line) => line.endsWith('a.txt'))).toMatch(/^-rw-r--r--/)
  expect(lines.find((line) => line.includes('b/empty'))).toMatch(/^drwxr-xr-x/)
  expect(listed).toContain('é.txt')
})
