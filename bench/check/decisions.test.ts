import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { unlinkedDecisions } from './decisions.ts'

it('names each decision record that the README does not link', async () => {
  const root = await mkdtemp(join(tmpdir(), 'spillway-decisions-'))
  await mkdir(join(root, 'edge/decisions'), { recursive: true })
  await mkdir(join(root, 'origin/decisions'), { recursive: true })
  for (const file of ['edge/decisions/0001-a.md', 'edge/decisions/0003-c.md', 'origin/decisions/0002-b.md']) {
    await writeFile(join(root, file), '')
  }
  await writeFile(join(root, 'README.md'), '- 2: [B](origin/decisions/0002-b.md)\n')

  expect(await unlinkedDecisions(root)).toEqual(['edge/decisions/0001-a.md', 'edge/decisions/0003-c.md'])
  await rm(root, { recursive: true })
})
