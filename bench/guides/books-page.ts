import assert from 'node:assert/strict'
import { Shell } from '@spillway/infra/local/shell'
import { chromium } from 'playwright-core'
import { browserFile } from '../browser/browser-file.ts'
import type { Checkout } from './checkout.ts'

/**
 * Uses the web page of the first guide in Chromium: it lists the book, and a click shows why it cannot be lent again.
 *
 * @param served what the bundler printed, with its address
 */
export async function useBooksPage(checkout: Checkout, served: string): Promise<void> {
  const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(served)?.[0]
  assert.ok(address !== undefined, `the bundler serves nothing:\n${served}`)
  await using shell = await Shell.open(checkout.folder, checkout.env)
  const token = (await shell.run('npm run --silent token -- --sub bob')).trim()
  const browser = await chromium.launch({ executablePath: await browserFile() })
  try {
    const page = await browser.newPage()
    const told = new Promise<string>((resolve) => {
      page.once('dialog', (dialog) => {
        resolve(dialog.message())
        void dialog.accept()
      })
    })
    await page.goto(`${address}#token=${token}`)
    await page.getByRole('button', { name: 'Dune (1965), lent' }).first().click()
    assert.equal(await told, 'Somebody else has the book.')
  } finally {
    await browser.close()
  }
}
