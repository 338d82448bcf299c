import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

/** Requests to other hosts, and violations of the page's policy: both must stay empty. */
export interface Watched {
  readonly foreign: string[]
  readonly violations: string[]
}

/** @param own origins that the page may ask */
export function watchPage(page: Page, own: readonly string[], { foreign, violations }: Watched): void {
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (!own.includes(url.origin) && url.protocol !== 'data:' && url.protocol !== 'blob:') {
      foreign.push(url.href)
    }
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().includes('Content Security Policy')) {
      violations.push(message.text())
    }
  })
}

export interface Finding {
  readonly rule: string
  readonly html: string
}

/** Findings of axe of impact serious or critical. */
export async function seriousFindings(page: Page): Promise<readonly Finding[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  // By the protocol, not by a script element, which the page's policy refuses.
  await page.evaluate(axe)
  return await page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => ({ rule: id, html: html.slice(0, 300) }))))`)
}
