import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { deadLinks, linkableFiles } from './dead-links.ts'
import { readFrom } from './import-directions.ts'

const deadIn = (texts: Readonly<Record<string, string>>) =>
  deadLinks(Object.keys(texts), (file) => texts[file] ?? '')

it('names links to missing files, folders and pictures', () => {
  expect(
    deadIn({
      'edge/README.md':
        'The [stages](src/stage/) of [`app.ts`](../edge/src/app.tsx) and ![a chart](chart.svg "title").\n\n[old]: gone.md\n\nAn [old] page.',
      'edge/src/app.ts': '',
    }),
  ).toEqual([
    "edge/README.md: no file 'edge/src/stage/'",
    "edge/README.md: no file 'edge/src/app.tsx'",
    "edge/README.md: no file 'edge/chart.svg'",
    "edge/README.md: no file 'edge/gone.md'",
  ])
})

it('names fragments that no heading has, in the same and in another document', () => {
  expect(
    deadIn({
      'README.md':
        '# Two commands\n\n[here](#two-command) [there](a/b.md#what-npm-start-does) [lost](a/b.md#what)',
      'a/b.md': '## What `npm start` *does*\n\n[back](../README.md#two-commands)',
    }),
  ).toEqual(["README.md: no heading 'two-command' in README.md", "README.md: no heading 'what' in a/b.md"])
})

it('counts equal headings as GitHub does', () => {
  expect(deadIn({ 'a.md': '# Cost\n\n# Cost\n\n[1](#cost) [2](#cost-1) [3](#cost-2)' })).toEqual([
    "a.md: no heading 'cost-2' in a.md",
  ])
})

it('names paths in code spans that no file and no folder ends with', () => {
  expect(
    deadIn({
      'edge/README.md': '`src/app.ts` `stage/` `../src/app.ts` `src/ap.ts` `p.ts` `stages/`',
      'edge/src/app.ts': '',
      'edge/src/stage/app.ts': '',
    }),
  ).toEqual(["edge/README.md: no file 'src/ap.ts'", "edge/README.md: no file 'stages/'"])
})

it('follows no other host, code block or URL path, and no file that a reader writes', () => {
  expect(
    deadIn({
      'a.md':
        '[x](https://example.com/a.md) <mailto:a@example.com> `/v2/places` `text/csv` `origin/application/resources/books.ts`\n\n```ts\n// [a](gone.md)\n```',
    }),
  ).toEqual([])
})

it('finds none in this repository, and reads its documents, hidden ones too', () => {
  const files = linkableFiles(root)
  expect(files).toEqual(expect.arrayContaining(['README.md', '.github/CONTRIBUTING.md', 'edge/README.md']))
  expect(
    deadLinks([...files, 'a.md'], (file) => (file === 'a.md' ? '[a](b.md)' : readFrom(root)(file))),
  ).toEqual(["a.md: no file 'b.md'"])
})
