import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { localFolder } from '@spillway/origin/dev/folders'
import { chromium } from 'playwright-core'
import { browserFile } from '../../browser/browser-file.ts'
import { looks } from '../../browser/looks.ts'
import { seriousFindings, type Watched, watchPage } from '../../browser/watched-page.ts'
import type { Steps } from '../../measure/steps.ts'
import { buildSite } from './build.ts'
import { serveSite } from './serve.ts'

const shots = join(localFolder, 'guides-shots')

/** Builds the site, follows every link of it, and reads it in Chromium. */
export async function checkSite(steps: Steps): Promise<void> {
  const folder = join(localFolder, 'guides')
  await steps.run('the site is built', () => buildSite(folder, console.error))
  await steps.run('every link of the site leads somewhere', async () => {
    assert.deepEqual(await deadLinks(folder), [])
  })
  await steps.run('llms.txt names every page, and llms-full.txt has every guide', async () => {
    const index = await readFile(join(folder, 'llms.txt'), 'utf8')
    const named = [...index.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path)
    assert.ok(named.length > 50)
    for (const path of named) assert.ok(existsSync(join(folder, path)), path)
    assert.ok((await readFile(join(folder, 'llms-full.txt'), 'utf8')).includes('# Get started'))
  })
  await readInBrowser(folder, steps)
}

async function readInBrowser(folder: string, steps: Steps): Promise<void> {
  await mkdir(shots, { recursive: true })
  const site = await serveSite(folder, 0)
  const browser = await chromium.launch({ executablePath: await browserFile() })
  const watched: Watched = { foreign: [], violations: [] }
  try {
    for (const [name, options] of Object.entries(looks)) {
      await steps.run(`${name} shows the guides, which axe finds nothing serious in`, async () => {
        const context = await browser.newContext(options)
        const page = await context.newPage()
        watchPage(page, [site.url], watched)
        for (const path of ['', 'get-started.html', 'origin/model/access.html']) {
          await page.goto(`${site.url}/${path}`, { waitUntil: 'networkidle' })
          await page.screenshot({ path: join(shots, `${name}-${path.replaceAll('/', '-') || 'index'}.png`) })
          assert.deepEqual(await seriousFindings(page), [])
          const width = await page.evaluate<number>('document.documentElement.scrollWidth')
          assert.ok(width <= (options.viewport?.width ?? 0), `${path} is ${width} px wide`)
        }
        await context.close()
      })
    }
    await steps.run('the first page leads to the next one', async () => {
      const page = await browser.newPage()
      watchPage(page, [site.url], watched)
      await page.goto(`${site.url}/`)
      await page.getByRole('link', { name: /^Next page/ }).click()
      await page.waitForURL(/get-started/)
      await page.close()
    })
    await steps.run('a search finds a guide', async () => {
      const page = await browser.newPage()
      watchPage(page, [site.url], watched)
      await page.goto(`${site.url}/`)
      await page.getByRole('button', { name: 'Search' }).click()
      await page.getByRole('searchbox').fill('lend')
      await page
        .getByRole('option', { name: /Get started/ })
        .first()
        .click()
      await page.waitForURL(/get-started/)
      await page.close()
    })
    await steps.run('the site asks no other host, and keeps to its policy', async () => {
      assert.deepEqual(watched, { foreign: [], violations: [] })
    })
  } finally {
    await browser.close()
    site.stop()
  }
}

/** Links of the built pages to files or headings that are missing, a line each. */
async function deadLinks(folder: string): Promise<readonly string[]> {
  const files = globSync('**/*.html', { cwd: folder })
  const pages = new Map<string, string>()
  for (const file of files) pages.set(`/${file}`, await readFile(join(folder, file), 'utf8'))
  const dead = new Set<string>()
  for (const [path, html] of pages) {
    for (const [, href = ''] of html.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)) {
      const url = new URL(href.replaceAll('&amp;', '&'), `http://site${path}`)
      if (url.host !== 'site') continue
      const file = url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname
      const linked = pages.get(/\.[a-z]+$/.test(file) ? file : `${file}.html`)
      const id = decodeURIComponent(url.hash.slice(1))
      if (linked === undefined || (id !== '' && !linked.includes(`id="${id}"`))) dead.add(`${path}: ${href}`)
    }
  }
  return [...dead]
}
