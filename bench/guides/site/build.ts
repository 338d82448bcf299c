import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '@spillway/origin/dev/folders'
import { sections } from '../pages.ts'
import { installGenerator } from './install.ts'
import { llmsIndex, llmsText } from './llms.ts'
import { type SitePage, sitePage } from './site-page.ts'

const execute = promisify(execFile)
const summary =
  'An API stack in TypeScript: you define resources once, and get a REST API at a Cloudflare Worker edge, with an origin on Fastify and DocumentDB, that does not fall over.'

/**
 * Builds the site: HTML that needs no other host, the Markdown of each page, `llms.txt` and `llms-full.txt`.
 *
 * @param out folder for the site, which is replaced
 * @throws Error with the generator's output, for a dead link too
 */
export async function buildSite(out: string, log: (line: string) => void): Promise<void> {
  const modules = await installGenerator(log)
  const files = new Set(sections.flatMap((section) => section.files))
  const pages = new Map<string, SitePage>()
  for (const file of files) {
    pages.set(file, sitePage(file, await readFile(join(root, file), 'utf8'), files))
  }
  await mkdir(dirname(out), { recursive: true })
  const staged = await mkdtemp(`${out}-staged-`)
  try {
    await symlink(modules, join(staged, 'node_modules'))
    await put(join(staged, 'package.json'), '{ "private": true, "type": "module" }\n')
    await put(join(staged, '.vitepress/config.js'), configOf(pages))
    for (const { path, markdown } of pages.values()) await put(join(staged, `${path}.md`), markdown)
    const built = join(staged, '.vitepress/dist')
    const vitepress = join(modules, 'vitepress/bin/vitepress.js')
    await execute(process.execPath, [vitepress, 'build', staged], { maxBuffer: 2 ** 26 })
    for (const file of globSync('**/*.html', { cwd: built })) await addPolicy(join(built, file))
    for (const { path, markdown } of pages.values()) await put(join(built, `${path}.md`), markdown)
    await put(join(built, 'llms.txt'), llmsIndex(summary, sections, pages))
    await put(join(built, 'llms-full.txt'), llmsText(summary, sections, pages))
    await rm(out, { recursive: true, force: true })
    await rename(built, out)
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/**
 * Findings of axe in the generator's own elements: the name of the search button is not the text with the keys that it
 * shows (WCAG 2.2, 2.5.3), and the language of a block is too pale on a phone (1.4.3).
 */
const accessible = `
.DocSearch-Button-Keys { display: none !important; }
.vp-doc [class*='language-'] > span.lang { color: var(--vp-c-text-1) !important; }
`

/** Link to a page. That to the first page of a folder has no name: by another one the generator would not know it as its own. */
const linkOf = (path: string): string => `/${path.replace(/(?<=^|\/)index$/, '')}`

/** Settings of VitePress. Nothing is loaded from, or sent to, another host. */
function configOf(pages: ReadonlyMap<string, SitePage>): string {
  // Sections do not fold: the generator's button to fold one lies inside another (axe: nested-interactive).
  const sidebar = sections.map(({ title, files }) => ({
    text: title,
    items: files.map((file) => ({
      text: pages.get(file)?.title ?? file,
      link: linkOf(pages.get(file)?.path ?? ''),
    })),
  }))
  const config = {
    title: 'Spillway',
    description: summary,
    lang: 'en',
    head: [
      ['link', { rel: 'icon', href: 'data:,' }],
      ['style', {}, accessible],
    ],
    metaChunk: true,
    themeConfig: {
      sidebar,
      outline: [2, 3],
      search: { provider: 'local' },
    },
  }
  const theme = { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' }
  return [
    // Headings have the ids that they have on GitHub.
    `import { slug } from ${JSON.stringify(import.meta.resolve('github-slugger'))}`,
    `const markdown = { theme: ${JSON.stringify(theme)}, anchor: { slugify: slug } }`,
    `export default { ...${JSON.stringify(config, null, 2)}, markdown }\n`,
  ].join('\n')
}

/**
 * Puts a Content Security Policy (level 3) into a page: its own files and the inline scripts that the generator wrote, by
 * their digests. Styles may be inline: highlighted code has its colours in `style` attributes.
 */
async function addPolicy(file: string): Promise<void> {
  const html = await readFile(file, 'utf8')
  const scripts = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)]
  const digests = scripts.map(
    ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  )
  const policy = [
    "default-src 'none'",
    `script-src ${["'self'", ...new Set(digests)].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  await writeFile(
    file,
    html.replace(/<meta charset="utf-8">/, (charset) => charset + meta),
  )
}
