import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  defineApplication,
  openApiDocument,
  problemCatalogue,
  type Resource,
} from '@spillway/origin/contract'
import { root } from '@spillway/origin/dev/folders'
import { expect, it } from 'vitest'
import { blocksOf, codeOf } from './blocks.ts'
import { sections } from './pages.ts'

const read = (file: string) => readFileSync(join(root, file), 'utf8')
const guides = sections.filter(({ isGuide }) => isGuide).flatMap(({ files }) => files)
const blocks = guides.flatMap((page) => blocksOf(read(page)).map((block) => ({ page, ...block })))

/** `npm run check` checks the types of these. */
const sources = globSync(['{origin,edge,bench}/**/*.ts'], { cwd: root, exclude: ['**/node_modules/**'] }).map(
  read,
)

const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && 'tenants' in value

/** The first is written and compiled by `npm run test:guides`; the others are compared by a test of the sample. */
const comparedElsewhere = [
  'infra/guides/get-started.md',
  'origin/docs/testing.md',
  'edge/docs/machine-clients.md',
]

it('every block of TypeScript is part of a file whose types are checked', () => {
  const typed = blocks.filter(({ language, page }) => language === 'ts' && !comparedElsewhere.includes(page))
  expect(typed.length).toBeGreaterThan(20)
  const unknown = typed.filter((block) => !sources.some((text) => text.includes(codeOf(block))))
  expect(unknown.map(({ page, text }) => `${page}: ${text.slice(0, 80)}`)).toEqual([])
})

it('every other block is of a language that something runs', () => {
  const known = ['ts', 'sh', 'json', 'http', 'text', 'html', 'jsonc', 'js']
  expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([])
  // `infra/test/runbooks/pages.test.ts` runs those of the runbooks, `edge/test/issuers.test.ts` those of the issuers.
  const written = blocks.filter(
    ({ language, page }) => language === 'js' && !page.startsWith('infra/runbooks/'),
  )
  expect(written).toEqual([])
})

it('no block is without a language, by which it would go unread', () => {
  const bare = guides.filter((page) => {
    const fences = read(page).match(/^ *```.*$/gm) ?? []
    return fences.some((fence, index) => index % 2 === 0 && fence.trim() === '```')
  })
  expect(bare).toEqual([])
})

it('the resources of all examples compile into one application, with a document', async () => {
  const resources: Resource[] = []
  for (const file of globSync('origin/docs/model/example/*.ts', { cwd: root })) {
    const exported: Readonly<Record<string, unknown>> = await import(join(root, file))
    resources.push(...Object.values(exported).filter(isResource))
  }
  expect(resources.length).toBeGreaterThan(10)
  const application = defineApplication({
    name: 'examples',
    title: 'Examples',
    summary: 'Examples.',
    resources,
  })
  expect(openApiDocument(application)).toHaveProperty(['paths', '/v1/orders/{id}'])
})

it('the guide to errors explains each code', () => {
  const text = read('infra/guides/errors.md')
  expect(Object.keys(problemCatalogue).filter((code) => !text.includes(`\`${code}\``))).toEqual([])
})

it('the list of guides names each page outside the folders of its sections', () => {
  const index = read('infra/guides/README.md')
  const own = globSync('infra/guides/*.md', { cwd: root }).map((file) => file.replace('infra/guides/', ''))
  expect(own.filter((file) => file !== 'README.md' && !index.includes(`(${file})`))).toEqual([])
  expect(guides).toEqual(expect.arrayContaining(own.map((file) => `infra/guides/${file}`)))
})
