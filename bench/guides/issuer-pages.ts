import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { basename } from 'node:path/posix'
import { publicPaths } from '@spillway/origin/contract'
import { root } from '@spillway/origin/dev/folders'
import { blocksOf } from './blocks.ts'
import type { Checkout } from './checkout.ts'
import { startSecond } from './follow-page.ts'

/**
 * The settings that an issuer's page begins with. Its other blocks are tokens, which `npm run test:issuers` signs and sends.
 *
 * @throws Error if it has a block of another kind
 */
export async function settingsOf(page: string): Promise<readonly { readonly issuer: string }[]> {
  const blocks = blocksOf(await readFile(join(root, page), 'utf8'))
  const [settings, ...tokens] = blocks.map(({ language, text }) => {
    assert.equal(language, 'json', `${page}: nothing runs a block of language '${language}'`)
    return JSON.parse(text)
  })
  assert.ok(tokens.length > 0, `${page}: shows no token`)
  for (const token of tokens) assert.deepEqual(Object.keys(token), ['header', 'claims'], page)
  return settings
}

/** Starts the system with the settings of all pages at once: its document then names each issuer. */
export async function startWithIssuers(pages: readonly string[], checkout: Checkout): Promise<void> {
  const all = await Promise.all(
    pages.map(async (page) =>
      (await settingsOf(page)).map((one) => ({ ...one, namespace: basename(page, '.md') })),
    ),
  )
  const issuers = all.flat()
  await startSecond(checkout, { TOKEN_ISSUERS: JSON.stringify(issuers) }, async (url) => {
    const document = await (await fetch(url + publicPaths.openapi)).text()
    for (const { issuer } of issuers) assert.ok(document.includes(issuer), `${issuer} is not documented`)
  })
}
