import { describe, expect, it } from 'vitest'
import { llmsIndex, llmsText } from './llms.ts'
import { sitePage } from './site-page.ts'

const files = new Set(['infra/guides/README.md', 'infra/guides/caching.md', 'origin/docs/model/README.md'])
const source = [
  '# Caching: what callers see\n',
  'The edge stores answers. See [the model](../../origin/docs/model/README.md#access), [why](../../edge/src/worker.ts),',
  '[here](#below) and [RFC 9111](https://www.rfc-editor.org/rfc/rfc9111).\n',
  '<!-- run\nID=1\n-->\n',
  '```sh\necho $ID\n```\n',
].join('\n')
const page = sitePage('infra/guides/caching.md', source, files)

describe('a page of the site', () => {
  it('has a title and a summary', () => {
    expect([page.path, page.title]).toEqual(['caching', 'Caching'])
    expect(page.summary).toMatch(/^What callers see\. The edge stores answers\./)
  })

  it('links pages of the site, and names other files', () => {
    expect(page.markdown).toContain('[the model](./origin/model/index.md#access)')
    expect(page.markdown).toContain('<span title="edge/src/worker.ts, in the repository">why</span>')
    expect(page.markdown).toContain('[here](#below)')
    expect(page.markdown).toContain('[RFC 9111](https://www.rfc-editor.org/rfc/rfc9111)')
  })

  it('leaves out what only the test runs', () => {
    expect(page.markdown).not.toContain('ID=1')
    expect(page.markdown).toContain('echo $ID')
  })

  it('is named in llms.txt, and is in llms-full.txt as a whole', () => {
    const sections = [{ title: 'Call', files: ['infra/guides/caching.md'], isGuide: true }]
    const pages = new Map([['infra/guides/caching.md', page]])
    expect(llmsIndex('An API stack.', sections, pages)).toBe(
      '# Spillway\n\n> An API stack.\n\n## Call\n\n- [Caching](caching.md): What callers see.\n',
    )
    expect(llmsText('An API stack.', sections, pages)).toContain(
      `\n<!-- caching.md -->\n\n${page.markdown.trim()}`,
    )
  })
})
